// Written by scripts/mime-types.py from /etc/mime.types (media-types 10.0.0) and the overrides in
// that script. Do not edit: run it again.

/// The media types that file names stand for, as `MIMETypes` searches them.
enum MIMETable {
    /// The longest extension in bytes; a shorter one is padded with spaces.
    static let extensionWidth = 11
    /// The digits of an index into `types`.
    static let indexWidth = 4
    /// The extensions in the order of their bytes, each with the index of its type, a line each.
    static let extensions = """
        %          0800
        123        0458
        1clr       0040
        1km        0213
        210        0119
        3dm        1111
        3dml       1111
        3mf        0481
        3tz        0468
        726        0832
        7z         0730
        a          1097
        a2l        0000
        aa3        0837
        aac        0845
        aal        0835
        abc        1098
        abw        0731
        ac         0132
        ac2        0273
        ac3        0846
        acc        0250
        acn        0848
        acu        0236
        acutc      0237
        adoc       1084
        adts       0845
        aep        0269
        afp        0242
        age        0245
        ahead      0246
        ai         0137
        aif        0882
        aifc       0882
        aiff       0882
        aion       0683
        ait        0334
        alc        0889
        ami        0251
        aml        0001
        amlx       0026
        amr        0833
        anx        0016
        apex       0260
        apexlang   0260
        apk        0253
        apkg       0254
        apng       0942
        appcache   1070
        apr        0459
        apxml      0025
        arrow      0257
        arrows     0258
        art        1016
        artisan    0267
        asc        0123
        ascii      1099
        asf        0483
        asice      0349
        asics      0350
        asn        0927
        aso        0234
        ass        0845
        at3        0837
        atc        0237
        atf        0002
        atfx       0003
        atom       0017
        atomcat    0018
        atomdeleted0019
        atomsrv    0020
        atomsvc    0021
        atx        0836
        atxml      0004
        au         0849
        auc        0191
        avci       0943
        avcs       0944
        avi        1179
        avif       0945
        awb        0834
        axa        0847
        axv        1140
        azf        0247
        azs        0248
        azv        0984
        azw3       0249
        b          0922
        b16        0997
        bak        0800
        bar        0591
        bash       1084
        bat        1084
        bcpio      0733
        bdm        0661
        bed        0595
        bh2        0374
        bib        1124
        bik        1162
        bin        0114
        bk2        1162
        bkm        0517
        bmed       1067
        bmi        0279
        bmml       0271
        bmp        0946
        bmpr       0272
        boo        1125
        book       0770
        box        0586
        bpd        0404
        br         0735
        brf        1084
        bsd        0897
        bsp        1061
        btf        0978
        btif       0978
        bz2        0736
        c          1084
        c++        1127
        c11amc     0290
        c11amz     0291
        c3d        0894
        c3ex       0031
        c4d        0289
        c4f        0289
        c4g        0289
        c4p        0289
        c4u        0289
        c9r        0313
        c9s        0313
        cab        0484
        cac        0890
        cache      0890
        cap        0665
        car        0429
        carjson    0352
        cascii     0892
        cat        0495
        cbin       0892
        cbor       0030
        cbr        0300
        cbz        0299
        cc         1084
        ccc        1114
        ccmp       0032
        ccxml      0033
        cda        0737
        cdbcmsg    0303
        cdf        0737
        cdfx       0005
        cdkey      0472
        cdmia      0034
        cdmic      0035
        cdmid      0036
        cdmio      0037
        cdmiq      0038
        cdr        1012
        cdt        1014
        cdx        0893
        cdxml      0282
        cdy        0285
        cea        0006
        cef        0900
        cellml     0039
        cer        0133
        cfg        1084
        cgm        0947
        chm        0491
        chrt       0440
        cif        0512
        cii        0255
        cil        0482
        cjs        1079
        cl         0179
        cla        0287
        class      0079
        cld        1048
        clkk       0307
        clkp       0308
        clkt       0309
        clkw       0310
        clkx       0306
        cls        1138
        clue       0041
        cmake      1084
        cmc        0305
        cmdf       0895
        cml        0039
        cmp        0719
        cmsc       0042
        cnd        1080
        cod        0599
        coffee     0292
        com        0773
        conf       1084
        copyright  1101
        coswid     0188
        cpa        0896
        cpio       0740
        cpkg       0708
        cpl        0043
        cpp        1084
        cpt        0093
        cql        1072
        cr2        1009
        crl        0134
        crt        0807
        crtr       0511
        crw        1010
        cryptomator0314
        cryptonote 0598
        cs         1084
        csd        0850
        csf        0891
        csh        0741
        csl        0286
        csm        0898
        csml       0898
        csp        0302
        csrattrs   0044
        css        1073
        cst        0302
        csv        1075
        csvs       1074
        ctab       0892
        cts        1084
        ctx        0899
        cu         0045
        cub        0905
        cuc        0193
        curl       1100
        cw         0139
        cwl        0046
        cww        0139
        cxf        0900
        cxx        1084
        d          1084
        dae        1049
        daf        0225
        dart       0317
        dataless   0363
        davmount   0049
        dbf        0320
        dcd        0007
        dcm        0050
        dcr        0742
        dd2        0549
        ddd        0375
        ddeb       0321
        ddf        0663
        deb        0321
        deploy     0114
        dfac       0332
        dif        1141
        diff       1084
        dii        0008
        dim        0361
        dir        0742
        dis        0226
        dist       0261
        distz      0261
        dit        0009
        dive       0576
        djv        0986
        djvu       0986
        dl         0319
        dll        0773
        dls        0851
        dmg        0732
        dmp        0665
        dms        1096
        dna        0328
        doc        0108
        docjson    0329
        docm       0504
        docx       0567
        dor        1051
        dot        1108
        dotm       0505
        dotx       0568
        dp         0571
        dpg        0331
        dpgraph    0331
        dpkg       0709
        dpx        0949
        drle       0948
        dsc        1086
        dsm        0327
        dssc       0053
        dtd        0821
        dts        0868
        dtshd      0869
        dv         1141
        dvb        1157
        dvc        0055
        dvi        0744
        dwd        0022
        dwf        1050
        dwg        0987
        dx         0912
        dxf        0988
        dxp        0633
        dxr        0742
        dzr        0337
        ebuild     0383
        ecelp4800  0874
        ecelp7470  0875
        ecelp9600  0876
        ecig       0354
        ecigprofile0353
        ecigtheme  0355
        eclass     0384
        edm        0529
        edx        0530
        efi        0056
        efif       0581
        ei6        0579
        eln        0339
        emb        0901
        embl       0901
        emf        0950
        eml        1033
        emm        0414
        emma       0057
        emotionml  0058
        ent        0822
        entity     0517
        env        1084
        enw        0841
        eol        0866
        eot        0490
        ep         0277
        eps        0137
        eps2       0137
        eps3       0137
        epsf       0137
        epsi       0137
        epub       0059
        erf        1015
        es         1079
        es3        0348
        esa        0572
        esf        0341
        espass     0347
        et3        0348
        etx        1135
        evb        0840
        evc        0838
        evw        0842
        exe        0773
        exi        0060
        exp        0061
        exr        0941
        ext        0531
        ez         0015
        ez2        0358
        ez3        0359
        fb         0770
        fbdoc      0770
        fbs        0989
        fcdt       0239
        fch        0904
        fchk       0904
        fcs        0433
        fdf        0063
        fdt        0064
        fe_launch  0326
        fg5        0373
        fig        0808
        finf       0062
        fish       1084
        fit        0951
        fits       0951
        fla        0333
        flac       0852
        flb        0364
        fli        1142
        flo        0475
        flt        1105
        flv        1171
        flw        0442
        flx        1107
        fly        1106
        fm         0368
        fo         0630
        fpx        0990
        frame      0770
        frm        0673
        fsc        0369
        fst        0991
        ftc        0366
        fti        0256
        fts        0951
        fvt        1158
        fxp        0240
        fxpl       0240
        fzs        0379
        g2w        0391
        g3w        0392
        gac        0396
        gal        0907
        gam        0903
        gamin      0903
        gan        0747
        gau        0906
        gbr        0154
        gcd        1133
        gcf        0750
        gcg        0908
        gdl        1051
        gdz        0360
        ged        1104
        gen        0909
        genozip    0381
        geo        0336
        geojson    0067
        gex        0389
        gf         0797
        gff3       1077
        ggb        0386
        ggs        0387
        ggt        0388
        ghf        0397
        gif        0952
        gim        0398
        gjc        0906
        gjf        0906
        gl         1143
        glb        1036
        glbin      0069
        glbuf      0069
        gltf       1035
        gml        0070
        gnumeric   0748
        go         1084
        gph        0221
        gpkg       0068
        gpt        0923
        gqf        0395
        gqs        0395
        gradle     1084
        gram       0183
        graphql    1084
        grd        0382
        gre        0389
        grv        0399
        grxml      0184
        gsf        0745
        gsheet     0209
        gsm        0883
        gtar       0751
        gtm        0400
        gtw        1052
        gv         1108
        gxt        0390
        gz         0071
        h          1084
        h++        1126
        hal        0403
        hans       1109
        hbc        0404
        hbci       0404
        hdf        0753
        hdr        0998
        hdt        0405
        heic       0953
        heics      0954
        heif       0955
        heifs      0956
        hej2       0957
        held       0023
        hgl        1110
        hh         1084
        hif        0945
        hin        0910
        hpgl       0407
        hpi        0409
        hpid       0409
        hpp        1084
        hps        0410
        hpub       0140
        hqx        0092
        hs         1084
        hsj2       0958
        hta        0072
        htc        1128
        htke       0447
        htm        1078
        html       1078
        hvd        0712
        hvp        0714
        hvs        0713
        hwp        0754
        hxx        1084
        i2g        0426
        ic0        0301
        ic1        0301
        ic2        0301
        ic3        0301
        ic4        0301
        ic5        0301
        ic6        0301
        ic7        0301
        ic8        0301
        ica        0755
        icc        0417
        icd        0301
        icf        0301
        icm        0417
        ico        0995
        ics        1071
        ief        0959
        ifb        1071
        ifc        0119
        ifm        0619
        iges       1037
        igl        0418
        igm        0424
        ign        0304
        ignition   0304
        igs        1037
        igx        0476
        iif        0621
        iii        0758
        imf        0419
        imgcal     0220
        imi        0420
        imp        0235
        ims        0492
        imscc      0423
        info       0756
        ini        1084
        ink        0074
        inkml      0074
        inp        0903
        ins        0757
        iota       0268
        ipfix      0075
        ipk        0622
        ipynb      0759
        irm        0415
        irp        0431
        ism        1051
        iso        0760
        isp        0757
        ist        0911
        istc       0684
        istr       0911
        isws       0684
        itp        0620
        its        0076
        ivp        0421
        ivu        0422
        jad        1117
        jam        0434
        jar        0077
        java       1084
        jdx        0912
        jfif       0962
        jhc        0964
        jisp       0436
        jls        0960
        jlt        0411
        jmz        0762
        jng        1017
        jnlp       0761
        joda       0437
        jp2        0961
        jpe        0962
        jpeg       0962
        jpf        0966
        jpg        0962
        jpg2       0961
        jpgm       0965
        jph        0963
        jphc       0964
        jpm        0965
        jpx        0966
        jrd        0080
        js         1079
        json       0081
        json-patch 0082
        json5      0083
        jsonl      0084
        jsonld     0085
        jsontd     0199
        jsontm     0205
        jsx        1084
        jt         1034
        jtd        1102
        jxl        0967
        jxr        0968
        jxra       0969
        jxrs       0970
        jxs        0971
        jxsc       0972
        jxsi       0973
        jxss       0974
        karbon     0439
        kcm        0517
        key        0123
        keynote    0262
        kfo        0441
        kia        0448
        kil        0763
        kin        0913
        kml        0393
        kmz        0394
        kne        0223
        knp        0223
        kom        0404
        kon        0443
        koz        0864
        kpr        0444
        kpt        0444
        ksp        0445
        kt         1084
        ktr        0438
        ktx        0975
        ktx2       0976
        ktz        0438
        kwd        0446
        kwt        0446
        l16        0843
        las        0451
        lasjson    0452
        lasxml     0453
        latex      0764
        lbc        0853
        lbd        0454
        lbe        0455
        lca        0456
        lcs        0456
        le         0278
        les        0406
        less       1084
        lgr        0086
        lha        0765
        lhs        1130
        lhzd       0274
        lhzl       0275
        lin        0028
        line       0516
        link66     0600
        list3820   0242
        listafp    0242
        lmp        1051
        loas       0863
        lock       1084
        log        1084
        loom       0457
        lostsyncxml0089
        lostxml    0088
        lpf        0090
        lrm        0493
        lsf        1172
        lsx        1172
        ltx        1138
        lua        1084
        lvp        0871
        lwp        0464
        lxf        0010
        ly         1129
        lyx        0766
        lz4        0767
        lzh        0768
        lzx        0769
        m          1084
        m1v        1148
        m21        0106
        m2ts       1146
        m2v        1148
        m3g        0091
        m3u        0858
        m3u8       0263
        m4a        0856
        m4s        1144
        m4u        1159
        m4v        1147
        ma         0098
        mads       0094
        maei       0103
        mag        0338
        mail       1033
        maker      0770
        man        0801
        manifest   1070
        map        0081
        markdown   1081
        mb         0098
        mbk        0227
        mbox       0100
        mc1        0471
        mc2        1115
        mcd        0470
        mcif       0921
        mcm        0914
        md         1081
        mdb        0107
        mdc        0467
        mdi        0996
        me         0802
        mesh       1038
        meta4      0101
        mets       0102
        mf4        0011
        mfm        0474
        mft        0155
        mgp        0570
        mgz        0587
        mhas       0854
        mid        0862
        mif        0477
        miz        1082
        mj2        1145
        mjp2       1145
        mjs        1079
        mk         1084
        mkv        1173
        ml2        0657
        mlp        0867
        mm         1084
        mmd        0284
        mmdb       0469
        mmf        0626
        mml        0099
        mmod       0915
        mmr        0992
        mng        1174
        moc        1131
        mod        0821
        model-inter0681
        mods       0105
        mol        0916
        mol2       0657
        moml       1053
        moo        0925
        mop        0924
        mopcrt     0924
        mov        1150
        movie      1180
        mp1        0857
        mp2        0857
        mp21       0106
        mp3        0857
        mp4        1147
        mpc        0479
        mpd        0047
        mpdd       0048
        mpe        1148
        mpeg       1148
        mpega      0857
        mpf        1113
        mpg        1148
        mpg4       1147
        mpga       0857
        mph        0739
        mpkg       0261
        mpm        0276
        mpn        0478
        mpp        0502
        mpt        0502
        mpv        1173
        mpw        0356
        mpy        0413
        mqy        0228
        mrc        0096
        mrcx       0097
        ms         0803
        msa        0509
        msd        0362
        mseed      0362
        mseq       0510
        msf        0342
        msh        1038
        msi        0774
        msl        0229
        msm        1051
        msp        0114
        msty       0514
        msu        0114
        mtl        1039
        mts        1084
        multitrack 0877
        mus        0513
        musd       0104
        mvb        0926
        mvt        0466
        mwc        0331
        mwf        0224
        mxf        0109
        mxi        0681
        mxl        0596
        mxmf       0855
        mxml       0826
        mxs        0671
        mxu        1159
        n3         1083
        nb         0700
        nbp        0701
        nc         0776
        ndc        0569
        ndjson     0775
        ndl        0461
        nds        0520
        nebul      0516
        nef        1018
        ngdat      0526
        nim        1161
        nimn       0519
        nitf       0522
        nlu        0518
        nml        0340
        nnd        0523
        nns        0524
        nnw        0525
        notebook   0627
        nq         0110
        ns2        0461
        ns3        0461
        ns4        0461
        nsf        0461
        nsg        0461
        nsh        0461
        nt         0111
        ntf        0461
        numbers    0264
        nwc        0778
        o          0779
        oa2        0371
        oa3        0372
        oas        0370
        obg        0557
        obgx       0556
        obj        1040
        oda        0012
        odb        0532
        odc        0533
        odd        0200
        odf        0535
        odg        0536
        odi        0538
        odm        0545
        odp        0540
        ods        0542
        odt        0544
        odx        0013
        oeb        0558
        oga        0859
        ogex       1054
        ogg        0859
        ogv        1149
        ogx        0116
        old        0800
        omg        0837
        one        0117
        onepkg     0117
        onetmp     0117
        onetoc2    0117
        opf        0115
        oprc       0574
        opus       0859
        or2        0462
        or3        0462
        orc        0850
        orf        1019
        org        1084
        orq        0112
        ors        0113
        osf        0715
        osm        0560
        ota        0252
        otc        0534
        otf        0937
        otg        0537
        oth        0547
        oti        0539
        otp        0541
        ots        0543
        ott        0546
        ovl        0243
        oxlicg     0573
        oxps       0118
        oxt        0559
        oza        0780
        p          1132
        p10        0126
        p12        0127
        p21        0119
        p2p        0697
        p7c        0128
        p7m        0128
        p7r        0782
        p7s        0129
        p7z        0128
        p8         0130
        p8e        0131
        pac        0777
        package    0270
        pages      0265
        parquet    0259
        pas        1132
        pat        1013
        patch      1084
        paw        0577
        pbd        0584
        pbm        1021
        pcap       0665
        pcf        0746
        pcl        0408
        pcx        1006
        pdb        0574
        pdf        0121
        pdx        0014
        pem        0781
        pfa        0745
        pfb        0745
        pfr        0065
        pfx        0127
        pgb        0994
        pgm        1022
        pgn        0283
        pgp        0122
        pil        0580
        pk         0798
        pkd        0404
        pkg        0261
        pki        0136
        pkipath    0135
        pl         1084
        plb        0215
        plc        0230
        plf        0583
        plj        0870
        plp        0575
        pls        0887
        pm         1134
        pml        0315
        png        0977
        pnm        1020
        portpkg    0465
        pot        1084
        potm       0501
        potx       0564
        ppam       0497
        ppd        0316
        ppkg       0710
        ppm        1023
        pps        0496
        ppsm       0500
        ppsx       0563
        ppt        0496
        pptm       0498
        ppttc      0667
        pptx       0561
        pqa        0574
        prc        1041
        pre        0460
        preminet   0585
        prf        0125
        properties 1084
        proto      1084
        provn      1085
        provx      0138
        prt        0928
        prz        0460
        ps         0137
        ps1        1084
        psb        0216
        psd        0983
        pseg3820   0242
        psfs       0588
        psg        0244
        psid       0860
        pskcxml    0144
        pt         0629
        pti        0979
        ptid       0590
        ptrom      0629
        pub        0357
        pvb        0217
        pwn        0214
        py         1084
        pya        0872
        pyc        0783
        pyi        1084
        pyo        0783
        pyox       1057
        pyv        1160
        qam        0343
        qbo        0427
        qca        0346
        qcall      0346
        qcp        0839
        qfx        0428
        qgs        0784
        qps        0589
        qt         1150
        qtl        0785
        quiz       0592
        quox       0592
        qvd        0666
        qwd        0232
        qwt        0232
        qxb        0232
        qxd        0232
        qxl        0232
        qxt        0232
        ra         0886
        ram        0886
        rapd       0151
        rar        0594
        ras        1011
        rb         1084
        rcprofile  0430
        rct        0141
        rd         0917
        rdf        0145
        rdf-crypt  0142
        rdp        0786
        rdz        0318
        relo       0120
        reload     0597
        rep        0280
        request    0517
        rfcxml     0150
        rgb        1024
        rgbe       0998
        rif        0146
        rip        0878
        rl         0148
        rlc        0993
        rld        0149
        rlm        0597
        rm         0886
        rms        0435
        rnc        0147
        rnd        0141
        roa        0156
        roff       1092
        ros        0930
        rp9        0288
        rpm        0787
        rpss       0528
        rpst       0527
        rq         0181
        rs         1084
        rsat       0024
        rsheet     0210
        rsm        1051
        rss        0157
        rst        1084
        rtf        0158
        rusd       0153
        rxn        0918
        rxt        0473
        s11        1164
        s14        1165
        s1a        0613
        s1e        0611
        s1g        1000
        s1h        0612
        s1j        1001
        s1m        0879
        s1n        0999
        s1p        0609
        s1q        1167
        s1w        0606
        s3df       0604
        sac        0196
        saf        0716
        sam        0464
        sar        0602
        sarif      0159
        sass       1084
        sc         0416
        scala      1084
        scd        0603
        sce        0349
        sci        0788
        scim       0160
        scl        0658
        scld       0330
        scm        0463
        sco        0850
        scq        0161
        scr        0791
        scs        0162
        scsf       0605
        scss       1084
        sd         0919
        sd2        0888
        sda        0638
        sdc        0636
        sdd        0639
        sdf        0223
        sdkd       0632
        sdkm       0632
        sdo        0606
        sdoc       0606
        sdp        0165
        sds        0637
        sdw        0641
        see        0614
        seed       0363
        sem        0607
        sema       0615
        semd       0616
        semf       0617
        seml       0607
        senml      0167
        senml-etchc0169
        senml-etchj0170
        senmlc     0166
        senmle     0171
        senmlx     0168
        sensml     0173
        sensmlc    0172
        sensmle    0175
        sensmlx    0174
        ser        0078
        sfc        0521
        sfd        0367
        sfd-hdstx  0412
        sfs        0634
        sfv        1136
        sgf        0749
        sgi        1000
        sgif       1000
        sgl        0642
        sgm        1069
        sgml       1069
        sh         1084
        shaclc     1087
        shar       0790
        shc        1087
        shex       1088
        shf        0177
        shp        0623
        shtml      1078
        shx        0624
        si         1118
        sic        0690
        sid        0860
        sieve      0178
        sig        0124
        sik        0800
        silo       1038
        sis        0659
        sit        0792
        sitx       0792
        siv        0178
        sjp        1001
        sjpg       1001
        skd        0449
        skm        0449
        skp        0449
        skt        0449
        sl         1119
        sla        0603
        slaz       0603
        slc        0691
        sldm       0499
        sldx       0562
        sls        0152
        slt        0344
        sm         0644
        smc        0521
        smf        0640
        smh        0608
        smht       0608
        smi        0180
        smil       0180
        smk        1163
        sml        0180
        smo        1167
        smov       1167
        smp        0879
        smp3       0879
        smpg       1164
        sms        0218
        smv        0844
        smzip      0643
        snd        0849
        soa        1076
        soc        0176
        sofa       0861
        sos        1116
        spc        0902
        spd        0613
        spdf       0613
        spdx       1089
        spf        0717
        spl        0066
        spn        0999
        spng       0999
        spo        1112
        spot       1112
        spp        0164
        sppt       0609
        spq        0163
        spx        0859
        sql        1084
        sqlite     0635
        sqlite3    0635
        sr         0625
        src        0805
        srt        1084
        sru        0185
        srx        0182
        sse        0450
        ssf        0345
        ssml       0186
        ssv        0618
        ssvc       0312
        ssw        1166
        sswf       1166
        st         0601
        stc        0647
        std        0649
        step       1042
        stf        0704
        sti        0651
        stif       0610
        stix       0187
        stk        0073
        stl        1046
        stml       0612
        stp        1042
        stpnc      0119
        stpx       1043
        stpxz      1045
        stpz       1044
        str        0578
        study-inter0681
        stw        0655
        sty        1138
        sus        0656
        susp       0656
        sv4cpio    0793
        sv4crc     0794
        svc        0335
        svelte     1084
        svg        0980
        svgz       0980
        sw         0931
        swf        0238
        swi        0266
        swidtag    0189
        swift      1084
        sxc        0646
        sxd        0648
        sxg        0654
        sxi        0650
        sxl        0611
        sxls       0611
        sxm        0652
        sxw        0653
        sy2        0657
        t          1092
        tag        1086
        taglet     0515
        tam        0550
        tamp       0551
        tamx       0552
        tao        0664
        tap        1002
        tar        0795
        tat        0553
        tatp       0554
        tatx       0555
        tau        0190
        taz        0752
        tcap       0219
        tcl        0796
        tcu        0192
        td         0211
        teacher    0628
        tei        0200
        teicorpus  0200
        ter        0194
        tex        1084
        texi       0799
        texinfo    0799
        text       1084
        tfi        0201
        tfx        0982
        tgf        0920
        tgz        0071
        thmx       0494
        tif        0981
        tiff       0981
        tk         1137
        tlclient   0281
        tm         1091
        tmo        0669
        tnef       0503
        tnf        0503
        toml       0206
        topojson   0081
        torrent    0734
        tpl        0401
        tpt        0670
        tr         1092
        tra        0672
        tree       0593
        trig       0207
        ts         1084
        tsa        0195
        tsd        0204
        tsp        0052
        tsq        0202
        tsr        0203
        tst        0351
        tsv        1090
        tsx        1084
        ttc        0936
        ttf        0938
        ttl        1093
        ttml       0208
        tuc        0198
        tur        0197
        twd        0233
        twds       0233
        txd        0380
        txf        0231
        txt        1084
        u3d        1047
        u8dsn      1030
        u8hdr      1032
        u8mdn      1031
        u8msg      1029
        udeb       0321
        ufd        0673
        ufdl       0673
        uis        0212
        umj        0675
        unityweb   0676
        uo         0677
        uoml       0677
        upa        0404
        uri        1094
        urim       0678
        urimap     0678
        uris       1094
        usda       1059
        usdz       1060
        ustar      0804
        utz        0674
        uva        0865
        uvd        0322
        uvf        0322
        uvg        0985
        uvh        1151
        uvi        0985
        uvm        1152
        uvp        1154
        uvs        1155
        uvt        0323
        uvu        1153
        uvv        1156
        uvva       0865
        uvvd       0322
        uvvf       0322
        uvvg       0985
        uvvh       1151
        uvvi       0985
        uvvm       1152
        uvvp       1154
        uvvs       1155
        uvvt       0323
        uvvu       1153
        uvvv       1156
        uvvx       0324
        uvvz       0325
        uvx        0324
        uvz        0325
        val        0929
        vbk        0873
        vbox       0586
        vcard      1095
        vcd        0738
        vcf        1095
        vcg        0402
        vcj        0723
        vcs        1139
        vcx        0680
        vds        1058
        ves        0685
        vew        0459
        vfk        1103
        vfr        0668
        viaframe   0668
        vis        0688
        viv        1168
        vmd        0933
        vms        0932
        vmt        0679
        vpm        1068
        vrm        1063
        vrml       1063
        vsc        0686
        vsd        0687
        vsf        0689
        vss        0687
        vst        0687
        vsw        0687
        vtf        1003
        vtnstd     0683
        vtt        1122
        vtu        1062
        vue        1084
        vwx        0682
        vxml       0722
        wad        0743
        wadl       0645
        wafl       0695
        wasm       0724
        wat        1084
        wav        0880
        wax        0884
        wbmp       1004
        wbs        0311
        wbxml      0692
        wcm        0506
        wdb        0506
        weba       0881
        webm       1170
        webmanifest0095
        webp       1007
        wg         0582
        wgsl       1123
        wgt        0726
        wif        0725
        win        1051
        wk         0729
        wk1        0458
        wk3        0458
        wk4        0458
        wks        0506
        wlnk       0087
        wm         1175
        wma        0885
        wmc        0699
        wmd        0771
        wmf        1008
        wml        1120
        wmlc       0693
        wmls       1121
        wmlsc      0694
        wmv        1176
        wmx        1177
        wmz        0772
        woff       0939
        woff2      0940
        wpd        0702
        wpl        0507
        wps        0506
        wqd        0703
        wrl        1063
        wsc        0698
        wsdl       0727
        wspolicy   0728
        wtb        0696
        wv         0705
        wvx        1178
        wz         0806
        x3d        1065
        x3db       1064
        x3dv       1066
        x3dvz      1066
        x3dz       1065
        x_b        1055
        x_t        1056
        xar        0706
        xav        0811
        xbd        0377
        xbm        1025
        xca        0812
        xcf        1026
        xcos       0789
        xcs        0029
        xct        0378
        xdd        0027
        xdf        0813
        xdm        0662
        xdp        0241
        xdssc      0054
        xdw        0376
        xel        0814
        xer        0815
        xfd        0707
        xfdf       0817
        xfdl       0707
        xhe        0863
        xht        0818
        xhtm       0818
        xhtml      0818
        xhvml      0826
        xif        1005
        xla        0485
        xlam       0486
        xlc        0485
        xlf        0819
        xlim       0711
        xlm        0485
        xls        0485
        xlsb       0487
        xlsm       0488
        xlsx       0565
        xlt        0485
        xltm       0489
        xltx       0566
        xlw        0485
        xml        0820
        xmls       0051
        xmt_bin    1055
        xmt_txt    1056
        xns        0816
        xo         0548
        xodp       0295
        xods       0297
        xodt       0293
        xop        0823
        xotp       0296
        xots       0298
        xott       0294
        xpak       0385
        xpi        0809
        xpm        1027
        xpr        0432
        xps        0508
        xpw        0425
        xpx        0425
        xsf        0143
        xsl        0824
        xslt       0824
        xsm        0660
        xspf       0825
        xtel       0934
        xul        0480
        xvm        0826
        xvml       0826
        xwd        1028
        xyz        0935
        xyze       0998
        xz         0810
        yaml       0827
        yang       0828
        yin        0829
        yme        0718
        yml        0827
        yt         1169
        zaz        0721
        zfc        0365
        zfo        0631
        zig        1084
        zip        0830
        zir        0720
        zirz       0720
        zmm        0222
        zmt        0924
        zone       1076
        zsh        1084
        zst        0831
        ~          0800
        """
    /// The values of Content-Type.
    static let types: [String] = [
        "application/A2L",
        "application/AML",
        "application/ATF",
        "application/ATFX",
        "application/ATXML",
        "application/CDFX+XML",
        "application/CEA",
        "application/DCD",
        "application/DII",
        "application/DIT",
        "application/LXF",
        "application/MF4",
        "application/ODA",
        "application/ODX",
        "application/PDX",
        "application/andrew-inset",
        "application/annodex",
        "application/atom+xml",
        "application/atomcat+xml",
        "application/atomdeleted+xml",
        "application/atomserv+xml",
        "application/atomsvc+xml",
        "application/atsc-dwd+xml",
        "application/atsc-held+xml",
        "application/atsc-rsat+xml",
        "application/auth-policy+xml",
        "application/automationml-amlx+zip",
        "application/bacnet-xdd+zip",
        "application/bbolin",
        "application/calendar+xml",
        "application/cbor",
        "application/cccex",
        "application/ccmp+xml",
        "application/ccxml+xml",
        "application/cdmi-capability",
        "application/cdmi-container",
        "application/cdmi-domain",
        "application/cdmi-object",
        "application/cdmi-queue",
        "application/cellml+xml",
        "application/clr",
        "application/clue_info+xml",
        "application/cms",
        "application/cpl+xml",
        "application/csrattrs",
        "application/cu-seeme",
        "application/cwl",
        "application/dash+xml",
        "application/dashdelta",
        "application/davmount+xml",
        "application/dicom",
        "application/dskpp+xml",
        "application/dsptype",
        "application/dssc+der",
        "application/dssc+xml",
        "application/dvcs",
        "application/efi",
        "application/emma+xml",
        "application/emotionml+xml",
        "application/epub+zip",
        "application/exi",
        "application/express",
        "application/fastinfoset",
        "application/fdf",
        "application/fdt+xml",
        "application/font-tdpfr",
        "application/futuresplash",
        "application/geo+json",
        "application/geopackage+sqlite3",
        "application/gltf-buffer",
        "application/gml+xml",
        "application/gzip",
        "application/hta",
        "application/hyperstudio",
        "application/inkml+xml",
        "application/ipfix",
        "application/its+xml",
        "application/java-archive",
        "application/java-serialized-object",
        "application/java-vm",
        "application/jrd+json",
        "application/json",
        "application/json-patch+json",
        "application/json5",
        "application/jsonl",
        "application/ld+json",
        "application/lgr+xml",
        "application/link-format",
        "application/lost+xml",
        "application/lostsync+xml",
        "application/lpf+zip",
        "application/m3g",
        "application/mac-binhex40",
        "application/mac-compactpro",
        "application/mads+xml",
        "application/manifest+json",
        "application/marc",
        "application/marcxml+xml",
        "application/mathematica",
        "application/mathml+xml",
        "application/mbox",
        "application/metalink4+xml",
        "application/mets+xml",
        "application/mmt-aei+xml",
        "application/mmt-usd+xml",
        "application/mods+xml",
        "application/mp21",
        "application/msaccess",
        "application/msword",
        "application/mxf",
        "application/n-quads",
        "application/n-triples",
        "application/ocsp-request",
        "application/ocsp-response",
        "application/octet-stream",
        "application/oebps-package+xml",
        "application/ogg",
        "application/onenote",
        "application/oxps",
        "application/p21",
        "application/p2p-overlay+xml",
        "application/pdf",
        "application/pgp-encrypted",
        "application/pgp-keys",
        "application/pgp-signature",
        "application/pics-rules",
        "application/pkcs10",
        "application/pkcs12",
        "application/pkcs7-mime",
        "application/pkcs7-signature",
        "application/pkcs8",
        "application/pkcs8-encrypted",
        "application/pkix-attr-cert",
        "application/pkix-cert",
        "application/pkix-crl",
        "application/pkix-pkipath",
        "application/pkixcmp",
        "application/postscript",
        "application/provenance+xml",
        "application/prs.cww",
        "application/prs.hpub+zip",
        "application/prs.nprend",
        "application/prs.rdf-xml-crypt",
        "application/prs.xsf+xml",
        "application/pskc+xml",
        "application/rdf+xml",
        "application/reginfo+xml",
        "application/relax-ng-compact-syntax",
        "application/resource-lists+xml",
        "application/resource-lists-diff+xml",
        "application/rfc+xml",
        "application/route-apd+xml",
        "application/route-s-tsid+xml",
        "application/route-usd+xml",
        "application/rpki-ghostbusters",
        "application/rpki-manifest",
        "application/rpki-roa",
        "application/rss+xml",
        "application/rtf",
        "application/sarif+json",
        "application/scim+json",
        "application/scvp-cv-request",
        "application/scvp-cv-response",
        "application/scvp-vp-request",
        "application/scvp-vp-response",
        "application/sdp",
        "application/senml+cbor",
        "application/senml+json",
        "application/senml+xml",
        "application/senml-etch+cbor",
        "application/senml-etch+json",
        "application/senml-exi",
        "application/sensml+cbor",
        "application/sensml+json",
        "application/sensml+xml",
        "application/sensml-exi",
        "application/sgml-open-catalog",
        "application/shf+xml",
        "application/sieve",
        "application/simple-filter+xml",
        "application/smil+xml",
        "application/sparql-query",
        "application/sparql-results+xml",
        "application/srgs",
        "application/srgs+xml",
        "application/sru+xml",
        "application/ssml+xml",
        "application/stix+json",
        "application/swid+cbor",
        "application/swid+xml",
        "application/tamp-apex-update",
        "application/tamp-apex-update-confirm",
        "application/tamp-community-update",
        "application/tamp-community-update-confirm",
        "application/tamp-error",
        "application/tamp-sequence-adjust",
        "application/tamp-sequence-adjust-confirm",
        "application/tamp-update",
        "application/tamp-update-confirm",
        "application/td+json",
        "application/tei+xml",
        "application/thraud+xml",
        "application/timestamp-query",
        "application/timestamp-reply",
        "application/timestamped-data",
        "application/tm+json",
        "application/toml",
        "application/trig",
        "application/ttml+xml",
        "application/urc-grpsheet+xml",
        "application/urc-ressheet+xml",
        "application/urc-targetdesc+xml",
        "application/urc-uisocketdesc+xml",
        "application/vnd.1000minds.decision-model+xml",
        "application/vnd.3M.Post-it-Notes",
        "application/vnd.3gpp.pic-bw-large",
        "application/vnd.3gpp.pic-bw-small",
        "application/vnd.3gpp.pic-bw-var",
        "application/vnd.3gpp2.sms",
        "application/vnd.3gpp2.tcap",
        "application/vnd.3lightssoftware.imagescal",
        "application/vnd.FloGraphIt",
        "application/vnd.HandHeld-Entertainment+xml",
        "application/vnd.Kinar",
        "application/vnd.MFER",
        "application/vnd.Mobius.DAF",
        "application/vnd.Mobius.DIS",
        "application/vnd.Mobius.MBK",
        "application/vnd.Mobius.MQY",
        "application/vnd.Mobius.MSL",
        "application/vnd.Mobius.PLC",
        "application/vnd.Mobius.TXF",
        "application/vnd.Quark.QuarkXPress",
        "application/vnd.SimTech-MindMapper",
        "application/vnd.accpac.simply.aso",
        "application/vnd.accpac.simply.imp",
        "application/vnd.acucobol",
        "application/vnd.acucorp",
        "application/vnd.adobe.flash.movie",
        "application/vnd.adobe.formscentral.fcdt",
        "application/vnd.adobe.fxp",
        "application/vnd.adobe.xdp+xml",
        "application/vnd.afpc.modca",
        "application/vnd.afpc.modca-overlay",
        "application/vnd.afpc.modca-pagesegment",
        "application/vnd.age",
        "application/vnd.ahead.space",
        "application/vnd.airzip.filesecure.azf",
        "application/vnd.airzip.filesecure.azs",
        "application/vnd.amazon.mobi8-ebook",
        "application/vnd.americandynamics.acc",
        "application/vnd.amiga.ami",
        "application/vnd.android.ota",
        "application/vnd.android.package-archive",
        "application/vnd.anki",
        "application/vnd.anser-web-certificate-issue-initiation",
        "application/vnd.anser-web-funds-transfer-initiation",
        "application/vnd.apache.arrow.file",
        "application/vnd.apache.arrow.stream",
        "application/vnd.apache.parquet",
        "application/vnd.apexlang",
        "application/vnd.apple.installer+xml",
        "application/vnd.apple.keynote",
        "application/vnd.apple.mpegurl",
        "application/vnd.apple.numbers",
        "application/vnd.apple.pages",
        "application/vnd.aristanetworks.swi",
        "application/vnd.artisan+json",
        "application/vnd.astraea-software.iota",
        "application/vnd.audiograph",
        "application/vnd.autopackage",
        "application/vnd.balsamiq.bmml+xml",
        "application/vnd.balsamiq.bmpr",
        "application/vnd.banana-accounting",
        "application/vnd.belightsoft.lhzd+zip",
        "application/vnd.belightsoft.lhzl+zip",
        "application/vnd.blueice.multipass",
        "application/vnd.bluetooth.ep.oob",
        "application/vnd.bluetooth.le.oob",
        "application/vnd.bmi",
        "application/vnd.businessobjects",
        "application/vnd.cendio.thinlinc.clientconf",
        "application/vnd.chemdraw+xml",
        "application/vnd.chess-pgn",
        "application/vnd.chipnuts.karaoke-mmd",
        "application/vnd.cinderella",
        "application/vnd.citationstyles.style+xml",
        "application/vnd.claymore",
        "application/vnd.cloanto.rp9",
        "application/vnd.clonk.c4group",
        "application/vnd.cluetrust.cartomobile-config",
        "application/vnd.cluetrust.cartomobile-config-pkg",
        "application/vnd.coffeescript",
        "application/vnd.collabio.xodocuments.document",
        "application/vnd.collabio.xodocuments.document-template",
        "application/vnd.collabio.xodocuments.presentation",
        "application/vnd.collabio.xodocuments.presentation-template",
        "application/vnd.collabio.xodocuments.spreadsheet",
        "application/vnd.collabio.xodocuments.spreadsheet-template",
        "application/vnd.comicbook+zip",
        "application/vnd.comicbook-rar",
        "application/vnd.commerce-battelle",
        "application/vnd.commonspace",
        "application/vnd.contact.cmsg",
        "application/vnd.coreos.ignition+json",
        "application/vnd.cosmocaller",
        "application/vnd.crick.clicker",
        "application/vnd.crick.clicker.keyboard",
        "application/vnd.crick.clicker.palette",
        "application/vnd.crick.clicker.template",
        "application/vnd.crick.clicker.wordbank",
        "application/vnd.criticaltools.wbs+xml",
        "application/vnd.crypto-shade-file",
        "application/vnd.cryptomator.encrypted",
        "application/vnd.cryptomator.vault",
        "application/vnd.ctc-posml",
        "application/vnd.cups-ppd",
        "application/vnd.dart",
        "application/vnd.data-vision.rdz",
        "application/vnd.datalog",
        "application/vnd.dbf",
        "application/vnd.debian.binary-package",
        "application/vnd.dece.data",
        "application/vnd.dece.ttml+xml",
        "application/vnd.dece.unspecified",
        "application/vnd.dece.zip",
        "application/vnd.denovo.fcselayout-link",
        "application/vnd.desmume.movie",
        "application/vnd.dna",
        "application/vnd.document+json",
        "application/vnd.doremir.scorecloud-binary-document",
        "application/vnd.dpgraph",
        "application/vnd.dreamfactory",
        "application/vnd.dtg.local.flash",
        "application/vnd.dvb.ait",
        "application/vnd.dvb.service",
        "application/vnd.dynageo",
        "application/vnd.dzr",
        "application/vnd.ecowin.chart",
        "application/vnd.eln+zip",
        "application/vnd.enliven",
        "application/vnd.epson.esf",
        "application/vnd.epson.msf",
        "application/vnd.epson.quickanime",
        "application/vnd.epson.salt",
        "application/vnd.epson.ssf",
        "application/vnd.ericsson.quickcall",
        "application/vnd.espass-espass+zip",
        "application/vnd.eszigno3+xml",
        "application/vnd.etsi.asic-e+zip",
        "application/vnd.etsi.asic-s+zip",
        "application/vnd.etsi.timestamp-token",
        "application/vnd.eu.kasparian.car+json",
        "application/vnd.evolv.ecig.profile",
        "application/vnd.evolv.ecig.settings",
        "application/vnd.evolv.ecig.theme",
        "application/vnd.exstream-empower+zip",
        "application/vnd.exstream-package",
        "application/vnd.ezpix-album",
        "application/vnd.ezpix-package",
        "application/vnd.familysearch.gedcom+zip",
        "application/vnd.fastcopy-disk-image",
        "application/vnd.fdsn.mseed",
        "application/vnd.fdsn.seed",
        "application/vnd.ficlab.flb+zip",
        "application/vnd.filmit.zfc",
        "application/vnd.fluxtime.clip",
        "application/vnd.font-fontforge-sfd",
        "application/vnd.framemaker",
        "application/vnd.fsc.weblaunch",
        "application/vnd.fujitsu.oasys",
        "application/vnd.fujitsu.oasys2",
        "application/vnd.fujitsu.oasys3",
        "application/vnd.fujitsu.oasysgp",
        "application/vnd.fujitsu.oasysprs",
        "application/vnd.fujixerox.ddd",
        "application/vnd.fujixerox.docuworks",
        "application/vnd.fujixerox.docuworks.binder",
        "application/vnd.fujixerox.docuworks.container",
        "application/vnd.fuzzysheet",
        "application/vnd.genomatix.tuxedo",
        "application/vnd.genozip",
        "application/vnd.gentics.grd+json",
        "application/vnd.gentoo.ebuild",
        "application/vnd.gentoo.eclass",
        "application/vnd.gentoo.xpak",
        "application/vnd.geogebra.file",
        "application/vnd.geogebra.slides",
        "application/vnd.geogebra.tool",
        "application/vnd.geometry-explorer",
        "application/vnd.geonext",
        "application/vnd.geoplan",
        "application/vnd.geospace",
        "application/vnd.google-earth.kml+xml",
        "application/vnd.google-earth.kmz",
        "application/vnd.grafeq",
        "application/vnd.groove-account",
        "application/vnd.groove-help",
        "application/vnd.groove-identity-message",
        "application/vnd.groove-injector",
        "application/vnd.groove-tool-message",
        "application/vnd.groove-tool-template",
        "application/vnd.groove-vcard",
        "application/vnd.hal+xml",
        "application/vnd.hbci",
        "application/vnd.hdt",
        "application/vnd.hhe.lesson-player",
        "application/vnd.hp-HPGL",
        "application/vnd.hp-PCL",
        "application/vnd.hp-hpid",
        "application/vnd.hp-hps",
        "application/vnd.hp-jlyt",
        "application/vnd.hydrostatix.sof-data",
        "application/vnd.ibm.MiniPay",
        "application/vnd.ibm.electronic-media",
        "application/vnd.ibm.rights-management",
        "application/vnd.ibm.secure-container",
        "application/vnd.iccprofile",
        "application/vnd.igloader",
        "application/vnd.imagemeter.folder+zip",
        "application/vnd.imagemeter.image+zip",
        "application/vnd.immervision-ivp",
        "application/vnd.immervision-ivu",
        "application/vnd.ims.imsccv1p1",
        "application/vnd.insors.igm",
        "application/vnd.intercon.formnet",
        "application/vnd.intergeo",
        "application/vnd.intu.qbo",
        "application/vnd.intu.qfx",
        "application/vnd.ipld.car",
        "application/vnd.ipunplugged.rcprofile",
        "application/vnd.irepository.package+xml",
        "application/vnd.is-xpr",
        "application/vnd.isac.fcs",
        "application/vnd.jam",
        "application/vnd.jcp.javame.midlet-rms",
        "application/vnd.jisp",
        "application/vnd.joost.joda-archive",
        "application/vnd.kahootz",
        "application/vnd.kde.karbon",
        "application/vnd.kde.kchart",
        "application/vnd.kde.kformula",
        "application/vnd.kde.kivio",
        "application/vnd.kde.kontour",
        "application/vnd.kde.kpresenter",
        "application/vnd.kde.kspread",
        "application/vnd.kde.kword",
        "application/vnd.kenameaapp",
        "application/vnd.kidspiration",
        "application/vnd.koan",
        "application/vnd.kodak-descriptor",
        "application/vnd.las",
        "application/vnd.las.las+json",
        "application/vnd.las.las+xml",
        "application/vnd.llamagraphics.life-balance.desktop",
        "application/vnd.llamagraphics.life-balance.exchange+xml",
        "application/vnd.logipipe.circuit+zip",
        "application/vnd.loom",
        "application/vnd.lotus-1-2-3",
        "application/vnd.lotus-approach",
        "application/vnd.lotus-freelance",
        "application/vnd.lotus-notes",
        "application/vnd.lotus-organizer",
        "application/vnd.lotus-screencam",
        "application/vnd.lotus-wordpro",
        "application/vnd.macports.portpkg",
        "application/vnd.mapbox-vector-tile",
        "application/vnd.marlin.drm.mdcf",
        "application/vnd.maxar.archive.3tz+zip",
        "application/vnd.maxmind.maxmind-db",
        "application/vnd.mcd",
        "application/vnd.medcalcdata",
        "application/vnd.mediastation.cdkey",
        "application/vnd.medicalholodeck.recordxr",
        "application/vnd.mfmp",
        "application/vnd.micrografx.flo",
        "application/vnd.micrografx.igx",
        "application/vnd.mif",
        "application/vnd.mophun.application",
        "application/vnd.mophun.certificate",
        "application/vnd.mozilla.xul+xml",
        "application/vnd.ms-3mfdocument",
        "application/vnd.ms-artgalry",
        "application/vnd.ms-asf",
        "application/vnd.ms-cab-compressed",
        "application/vnd.ms-excel",
        "application/vnd.ms-excel.addin.macroEnabled.12",
        "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
        "application/vnd.ms-excel.sheet.macroEnabled.12",
        "application/vnd.ms-excel.template.macroEnabled.12",
        "application/vnd.ms-fontobject",
        "application/vnd.ms-htmlhelp",
        "application/vnd.ms-ims",
        "application/vnd.ms-lrm",
        "application/vnd.ms-officetheme",
        "application/vnd.ms-pki.seccat",
        "application/vnd.ms-powerpoint",
        "application/vnd.ms-powerpoint.addin.macroEnabled.12",
        "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
        "application/vnd.ms-powerpoint.slide.macroEnabled.12",
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.12",
        "application/vnd.ms-powerpoint.template.macroEnabled.12",
        "application/vnd.ms-project",
        "application/vnd.ms-tnef",
        "application/vnd.ms-word.document.macroEnabled.12",
        "application/vnd.ms-word.template.macroEnabled.12",
        "application/vnd.ms-works",
        "application/vnd.ms-wpl",
        "application/vnd.ms-xpsdocument",
        "application/vnd.msa-disk-image",
        "application/vnd.mseq",
        "application/vnd.multiad.creator",
        "application/vnd.multiad.creator.cif",
        "application/vnd.musician",
        "application/vnd.muvee.style",
        "application/vnd.mynfc",
        "application/vnd.nebumind.line",
        "application/vnd.nervana",
        "application/vnd.neurolanguage.nlu",
        "application/vnd.nimn",
        "application/vnd.nintendo.nitro.rom",
        "application/vnd.nintendo.snes.rom",
        "application/vnd.nitf",
        "application/vnd.noblenet-directory",
        "application/vnd.noblenet-sealer",
        "application/vnd.noblenet-web",
        "application/vnd.nokia.n-gage.data",
        "application/vnd.nokia.radio-preset",
        "application/vnd.nokia.radio-presets",
        "application/vnd.novadigm.EDM",
        "application/vnd.novadigm.EDX",
        "application/vnd.novadigm.EXT",
        "application/vnd.oasis.opendocument.base",
        "application/vnd.oasis.opendocument.chart",
        "application/vnd.oasis.opendocument.chart-template",
        "application/vnd.oasis.opendocument.formula",
        "application/vnd.oasis.opendocument.graphics",
        "application/vnd.oasis.opendocument.graphics-template",
        "application/vnd.oasis.opendocument.image",
        "application/vnd.oasis.opendocument.image-template",
        "application/vnd.oasis.opendocument.presentation",
        "application/vnd.oasis.opendocument.presentation-template",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.spreadsheet-template",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.text-master",
        "application/vnd.oasis.opendocument.text-template",
        "application/vnd.oasis.opendocument.text-web",
        "application/vnd.olpc-sugar",
        "application/vnd.oma.dd2+xml",
        "application/vnd.onepager",
        "application/vnd.onepagertamp",
        "application/vnd.onepagertamx",
        "application/vnd.onepagertat",
        "application/vnd.onepagertatp",
        "application/vnd.onepagertatx",
        "application/vnd.openblox.game+xml",
        "application/vnd.openblox.game-binary",
        "application/vnd.openeye.oeb",
        "application/vnd.openofficeorg.extension",
        "application/vnd.openstreetmap.data+xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.presentationml.slide",
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
        "application/vnd.openxmlformats-officedocument.presentationml.template",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
        "application/vnd.osa.netdeploy",
        "application/vnd.osgeo.mapguide.package",
        "application/vnd.osgi.dp",
        "application/vnd.osgi.subsystem",
        "application/vnd.oxli.countgraph",
        "application/vnd.palm",
        "application/vnd.panoply",
        "application/vnd.patentdive",
        "application/vnd.pawaafile",
        "application/vnd.pg.format",
        "application/vnd.pg.osasli",
        "application/vnd.piaccess.application-licence",
        "application/vnd.picsel",
        "application/vnd.pmi.widget",
        "application/vnd.pocketlearn",
        "application/vnd.powerbuilder6",
        "application/vnd.preminet",
        "application/vnd.previewsystems.box",
        "application/vnd.proteus.magazine",
        "application/vnd.psfs",
        "application/vnd.publishare-delta-tree",
        "application/vnd.pvi.ptid1",
        "application/vnd.qualcomm.brew-app-res",
        "application/vnd.quobject-quoxdocument",
        "application/vnd.rainstor.data",
        "application/vnd.rar",
        "application/vnd.realvnc.bed",
        "application/vnd.recordare.musicxml",
        "application/vnd.resilient.logic",
        "application/vnd.rig.cryptonote",
        "application/vnd.rim.cod",
        "application/vnd.route66.link66+xml",
        "application/vnd.sailingtracker.track",
        "application/vnd.sar",
        "application/vnd.scribus",
        "application/vnd.sealed.3df",
        "application/vnd.sealed.csf",
        "application/vnd.sealed.doc",
        "application/vnd.sealed.eml",
        "application/vnd.sealed.mht",
        "application/vnd.sealed.ppt",
        "application/vnd.sealed.tiff",
        "application/vnd.sealed.xls",
        "application/vnd.sealedmedia.softseal.html",
        "application/vnd.sealedmedia.softseal.pdf",
        "application/vnd.seemail",
        "application/vnd.sema",
        "application/vnd.semd",
        "application/vnd.semf",
        "application/vnd.shade-save-file",
        "application/vnd.shana.informed.formdata",
        "application/vnd.shana.informed.formtemplate",
        "application/vnd.shana.informed.interchange",
        "application/vnd.shana.informed.package",
        "application/vnd.shp",
        "application/vnd.shx",
        "application/vnd.sigrok.session",
        "application/vnd.smaf",
        "application/vnd.smart.notebook",
        "application/vnd.smart.teacher",
        "application/vnd.snesdev-page-table",
        "application/vnd.software602.filler.form+xml",
        "application/vnd.software602.filler.form-xml-zip",
        "application/vnd.solent.sdkm+xml",
        "application/vnd.spotfire.dxp",
        "application/vnd.spotfire.sfs",
        "application/vnd.sqlite3",
        "application/vnd.stardivision.calc",
        "application/vnd.stardivision.chart",
        "application/vnd.stardivision.draw",
        "application/vnd.stardivision.impress",
        "application/vnd.stardivision.math",
        "application/vnd.stardivision.writer",
        "application/vnd.stardivision.writer-global",
        "application/vnd.stepmania.package",
        "application/vnd.stepmania.stepchart",
        "application/vnd.sun.wadl+xml",
        "application/vnd.sun.xml.calc",
        "application/vnd.sun.xml.calc.template",
        "application/vnd.sun.xml.draw",
        "application/vnd.sun.xml.draw.template",
        "application/vnd.sun.xml.impress",
        "application/vnd.sun.xml.impress.template",
        "application/vnd.sun.xml.math",
        "application/vnd.sun.xml.writer",
        "application/vnd.sun.xml.writer.global",
        "application/vnd.sun.xml.writer.template",
        "application/vnd.sus-calendar",
        "application/vnd.sybyl.mol2",
        "application/vnd.sycle+xml",
        "application/vnd.symbian.install",
        "application/vnd.syncml+xml",
        "application/vnd.syncml.dm+wbxml",
        "application/vnd.syncml.dm+xml",
        "application/vnd.syncml.dmddf+xml",
        "application/vnd.tao.intent-module-archive",
        "application/vnd.tcpdump.pcap",
        "application/vnd.theqvd",
        "application/vnd.think-cell.ppttc+json",
        "application/vnd.tml",
        "application/vnd.tmobile-livetv",
        "application/vnd.trid.tpt",
        "application/vnd.triscape.mxs",
        "application/vnd.trueapp",
        "application/vnd.ufdl",
        "application/vnd.uiq.theme",
        "application/vnd.umajin",
        "application/vnd.unity",
        "application/vnd.uoml+xml",
        "application/vnd.uri-map",
        "application/vnd.valve.source.material",
        "application/vnd.vcx",
        "application/vnd.vd-study",
        "application/vnd.vectorworks",
        "application/vnd.veritone.aion+json",
        "application/vnd.veryant.thin",
        "application/vnd.ves.encrypted",
        "application/vnd.vidsoft.vidconference",
        "application/vnd.visio",
        "application/vnd.visionary",
        "application/vnd.vsf",
        "application/vnd.wap.sic",
        "application/vnd.wap.slc",
        "application/vnd.wap.wbxml",
        "application/vnd.wap.wmlc",
        "application/vnd.wap.wmlscriptc",
        "application/vnd.wasmflow.wafl",
        "application/vnd.webturbo",
        "application/vnd.wfa.p2p",
        "application/vnd.wfa.wsc",
        "application/vnd.wmc",
        "application/vnd.wolfram.mathematica",
        "application/vnd.wolfram.player",
        "application/vnd.wordperfect",
        "application/vnd.wqd",
        "application/vnd.wt.stf",
        "application/vnd.wv.csp+wbxml",
        "application/vnd.xara",
        "application/vnd.xfdl",
        "application/vnd.xmpie.cpkg",
        "application/vnd.xmpie.dpkg",
        "application/vnd.xmpie.ppkg",
        "application/vnd.xmpie.xlim",
        "application/vnd.yamaha.hv-dic",
        "application/vnd.yamaha.hv-script",
        "application/vnd.yamaha.hv-voice",
        "application/vnd.yamaha.openscoreformat",
        "application/vnd.yamaha.smaf-audio",
        "application/vnd.yamaha.smaf-phrase",
        "application/vnd.yaoweme",
        "application/vnd.yellowriver-custom-menu",
        "application/vnd.zul",
        "application/vnd.zzazz.deck+xml",
        "application/voicexml+xml",
        "application/voucher-cms+json",
        "application/wasm",
        "application/watcherinfo+xml",
        "application/widget",
        "application/wsdl+xml",
        "application/wspolicy+xml",
        "application/x-123",
        "application/x-7z-compressed",
        "application/x-abiword",
        "application/x-apple-diskimage",
        "application/x-bcpio",
        "application/x-bittorrent",
        "application/x-brotli",
        "application/x-bzip2",
        "application/x-cdf",
        "application/x-cdlink",
        "application/x-comsol",
        "application/x-cpio",
        "application/x-csh",
        "application/x-director",
        "application/x-doom",
        "application/x-dvi",
        "application/x-font",
        "application/x-font-pcf",
        "application/x-ganttproject",
        "application/x-gnumeric",
        "application/x-go-sgf",
        "application/x-graphing-calculator",
        "application/x-gtar",
        "application/x-gtar-compressed",
        "application/x-hdf",
        "application/x-hwp",
        "application/x-ica",
        "application/x-info",
        "application/x-internet-signup",
        "application/x-iphone",
        "application/x-ipynb+json",
        "application/x-iso9660-image",
        "application/x-java-jnlp-file",
        "application/x-jmol",
        "application/x-killustrator",
        "application/x-latex",
        "application/x-lha",
        "application/x-lyx",
        "application/x-lz4",
        "application/x-lzh",
        "application/x-lzx",
        "application/x-maker",
        "application/x-ms-wmd",
        "application/x-ms-wmz",
        "application/x-msdos-program",
        "application/x-msi",
        "application/x-ndjson",
        "application/x-netcdf",
        "application/x-ns-proxy-autoconfig",
        "application/x-nwc",
        "application/x-object",
        "application/x-oz-application",
        "application/x-pem-file",
        "application/x-pkcs7-certreqresp",
        "application/x-python-code",
        "application/x-qgis",
        "application/x-quicktimeplayer",
        "application/x-rdp",
        "application/x-redhat-package-manager",
        "application/x-scilab",
        "application/x-scilab-xcos",
        "application/x-shar",
        "application/x-silverlight",
        "application/x-stuffit",
        "application/x-sv4cpio",
        "application/x-sv4crc",
        "application/x-tar",
        "application/x-tcl",
        "application/x-tex-gf",
        "application/x-tex-pk",
        "application/x-texinfo",
        "application/x-trash",
        "application/x-troff-man",
        "application/x-troff-me",
        "application/x-troff-ms",
        "application/x-ustar",
        "application/x-wais-source",
        "application/x-wingz",
        "application/x-x509-ca-cert",
        "application/x-xfig",
        "application/x-xpinstall",
        "application/x-xz",
        "application/xcap-att+xml",
        "application/xcap-caps+xml",
        "application/xcap-diff+xml",
        "application/xcap-el+xml",
        "application/xcap-error+xml",
        "application/xcap-ns+xml",
        "application/xfdf",
        "application/xhtml+xml",
        "application/xliff+xml",
        "application/xml",
        "application/xml-dtd",
        "application/xml-external-parsed-entity",
        "application/xop+xml",
        "application/xslt+xml",
        "application/xspf+xml",
        "application/xv+xml",
        "application/yaml",
        "application/yang",
        "application/yin+xml",
        "application/zip",
        "application/zstd",
        "audio/32kadpcm",
        "audio/AMR",
        "audio/AMR-WB",
        "audio/ATRAC-ADVANCED-LOSSLESS",
        "audio/ATRAC-X",
        "audio/ATRAC3",
        "audio/EVRC",
        "audio/EVRC-QCP",
        "audio/EVRCB",
        "audio/EVRCNW",
        "audio/EVRCWB",
        "audio/L16",
        "audio/SMV",
        "audio/aac",
        "audio/ac3",
        "audio/annodex",
        "audio/asc",
        "audio/basic",
        "audio/csound",
        "audio/dls",
        "audio/flac",
        "audio/iLBC",
        "audio/mhas",
        "audio/mobile-xmf",
        "audio/mp4",
        "audio/mpeg",
        "audio/mpegurl",
        "audio/ogg",
        "audio/prs.sid",
        "audio/sofa",
        "audio/sp-midi",
        "audio/usac",
        "audio/vnd.audiokoz",
        "audio/vnd.dece.audio",
        "audio/vnd.digital-winds",
        "audio/vnd.dolby.mlp",
        "audio/vnd.dts",
        "audio/vnd.dts.hd",
        "audio/vnd.everad.plj",
        "audio/vnd.lucent.voice",
        "audio/vnd.ms-playready.media.pya",
        "audio/vnd.nortel.vbk",
        "audio/vnd.nuera.ecelp4800",
        "audio/vnd.nuera.ecelp7470",
        "audio/vnd.nuera.ecelp9600",
        "audio/vnd.presonus.multitrack",
        "audio/vnd.rip",
        "audio/vnd.sealedmedia.softseal.mpeg",
        "audio/wav",
        "audio/webm",
        "audio/x-aiff",
        "audio/x-gsm",
        "audio/x-ms-wax",
        "audio/x-ms-wma",
        "audio/x-pn-realaudio",
        "audio/x-scpls",
        "audio/x-sd2",
        "chemical/x-alchemy",
        "chemical/x-cache",
        "chemical/x-cache-csf",
        "chemical/x-cactvs-binary",
        "chemical/x-cdx",
        "chemical/x-chem3d",
        "chemical/x-cmdf",
        "chemical/x-compass",
        "chemical/x-crossfire",
        "chemical/x-csml",
        "chemical/x-ctx",
        "chemical/x-cxf",
        "chemical/x-embl-dl-nucleotide",
        "chemical/x-galactic-spc",
        "chemical/x-gamess-input",
        "chemical/x-gaussian-checkpoint",
        "chemical/x-gaussian-cube",
        "chemical/x-gaussian-input",
        "chemical/x-gaussian-log",
        "chemical/x-gcg8-sequence",
        "chemical/x-genbank",
        "chemical/x-hin",
        "chemical/x-isostar",
        "chemical/x-jcamp-dx",
        "chemical/x-kinemage",
        "chemical/x-macmolecule",
        "chemical/x-macromodel-input",
        "chemical/x-mdl-molfile",
        "chemical/x-mdl-rdfile",
        "chemical/x-mdl-rxnfile",
        "chemical/x-mdl-sdfile",
        "chemical/x-mdl-tgf",
        "chemical/x-mmcif",
        "chemical/x-molconn-Z",
        "chemical/x-mopac-graph",
        "chemical/x-mopac-input",
        "chemical/x-mopac-out",
        "chemical/x-mopac-vib",
        "chemical/x-ncbi-asn1",
        "chemical/x-ncbi-asn1-ascii",
        "chemical/x-ncbi-asn1-binary",
        "chemical/x-rosdal",
        "chemical/x-swissprot",
        "chemical/x-vamas-iso14976",
        "chemical/x-vmd",
        "chemical/x-xtel",
        "chemical/x-xyz",
        "font/collection",
        "font/otf",
        "font/ttf",
        "font/woff",
        "font/woff2",
        "image/aces",
        "image/apng",
        "image/avci",
        "image/avcs",
        "image/avif",
        "image/bmp",
        "image/cgm",
        "image/dicom-rle",
        "image/dpx",
        "image/emf",
        "image/fits",
        "image/gif",
        "image/heic",
        "image/heic-sequence",
        "image/heif",
        "image/heif-sequence",
        "image/hej2k",
        "image/hsj2",
        "image/ief",
        "image/jls",
        "image/jp2",
        "image/jpeg",
        "image/jph",
        "image/jphc",
        "image/jpm",
        "image/jpx",
        "image/jxl",
        "image/jxr",
        "image/jxrA",
        "image/jxrS",
        "image/jxs",
        "image/jxsc",
        "image/jxsi",
        "image/jxss",
        "image/ktx",
        "image/ktx2",
        "image/png",
        "image/prs.btif",
        "image/prs.pti",
        "image/svg+xml",
        "image/tiff",
        "image/tiff-fx",
        "image/vnd.adobe.photoshop",
        "image/vnd.airzip.accelerator.azv",
        "image/vnd.dece.graphic",
        "image/vnd.djvu",
        "image/vnd.dwg",
        "image/vnd.dxf",
        "image/vnd.fastbidsheet",
        "image/vnd.fpx",
        "image/vnd.fst",
        "image/vnd.fujixerox.edmics-mmr",
        "image/vnd.fujixerox.edmics-rlc",
        "image/vnd.globalgraphics.pgb",
        "image/vnd.microsoft.icon",
        "image/vnd.ms-modi",
        "image/vnd.pco.b16",
        "image/vnd.radiance",
        "image/vnd.sealed.png",
        "image/vnd.sealedmedia.softseal.gif",
        "image/vnd.sealedmedia.softseal.jpg",
        "image/vnd.tencent.tap",
        "image/vnd.valve.source.texture",
        "image/vnd.wap.wbmp",
        "image/vnd.xiff",
        "image/vnd.zbrush.pcx",
        "image/webp",
        "image/wmf",
        "image/x-canon-cr2",
        "image/x-canon-crw",
        "image/x-cmu-raster",
        "image/x-coreldraw",
        "image/x-coreldrawpattern",
        "image/x-coreldrawtemplate",
        "image/x-epson-erf",
        "image/x-jg",
        "image/x-jng",
        "image/x-nikon-nef",
        "image/x-olympus-orf",
        "image/x-portable-anymap",
        "image/x-portable-bitmap",
        "image/x-portable-graymap",
        "image/x-portable-pixmap",
        "image/x-rgb",
        "image/x-xbitmap",
        "image/x-xcf",
        "image/x-xpixmap",
        "image/x-xwindowdump",
        "message/global",
        "message/global-delivery-status",
        "message/global-disposition-notification",
        "message/global-headers",
        "message/rfc822",
        "model/JT",
        "model/gltf+json",
        "model/gltf-binary",
        "model/iges",
        "model/mesh",
        "model/mtl",
        "model/obj",
        "model/prc",
        "model/step",
        "model/step+xml",
        "model/step+zip",
        "model/step-xml+zip",
        "model/stl",
        "model/u3d",
        "model/vnd.cld",
        "model/vnd.collada+xml",
        "model/vnd.dwf",
        "model/vnd.gdl",
        "model/vnd.gtw",
        "model/vnd.moml+xml",
        "model/vnd.opengex",
        "model/vnd.parasolid.transmit.binary",
        "model/vnd.parasolid.transmit.text",
        "model/vnd.pytha.pyox",
        "model/vnd.sap.vds",
        "model/vnd.usda",
        "model/vnd.usdz+zip",
        "model/vnd.valve.source.compiled-map",
        "model/vnd.vtu",
        "model/vrml",
        "model/x3d+fastinfoset",
        "model/x3d+xml",
        "model/x3d-vrml",
        "multipart/vnd.bint.med-plus",
        "multipart/voice-message",
        "text/SGML; charset=utf-8",
        "text/cache-manifest; charset=utf-8",
        "text/calendar; charset=utf-8",
        "text/cql; charset=utf-8",
        "text/css; charset=utf-8",
        "text/csv-schema; charset=utf-8",
        "text/csv; charset=utf-8",
        "text/dns; charset=utf-8",
        "text/gff3; charset=utf-8",
        "text/html; charset=utf-8",
        "text/javascript; charset=utf-8",
        "text/jcr-cnd; charset=utf-8",
        "text/markdown; charset=utf-8",
        "text/mizar; charset=utf-8",
        "text/n3; charset=utf-8",
        "text/plain; charset=utf-8",
        "text/provenance-notation; charset=utf-8",
        "text/prs.lines.tag; charset=utf-8",
        "text/shaclc; charset=utf-8",
        "text/shex; charset=utf-8",
        "text/spdx; charset=utf-8",
        "text/tab-separated-values; charset=utf-8",
        "text/texmacs; charset=utf-8",
        "text/troff; charset=utf-8",
        "text/turtle; charset=utf-8",
        "text/uri-list; charset=utf-8",
        "text/vcard; charset=utf-8",
        "text/vnd.DMClientScript; charset=utf-8",
        "text/vnd.a; charset=utf-8",
        "text/vnd.abc; charset=utf-8",
        "text/vnd.ascii-art; charset=utf-8",
        "text/vnd.curl; charset=utf-8",
        "text/vnd.debian.copyright; charset=utf-8",
        "text/vnd.esmertec.theme-descriptor; charset=utf-8",
        "text/vnd.exchangeable; charset=utf-8",
        "text/vnd.familysearch.gedcom; charset=utf-8",
        "text/vnd.ficlab.flt; charset=utf-8",
        "text/vnd.fly; charset=utf-8",
        "text/vnd.fmi.flexstor; charset=utf-8",
        "text/vnd.graphviz; charset=utf-8",
        "text/vnd.hans; charset=utf-8",
        "text/vnd.hgl; charset=utf-8",
        "text/vnd.in3d.3dml; charset=utf-8",
        "text/vnd.in3d.spot; charset=utf-8",
        "text/vnd.ms-mediapackage; charset=utf-8",
        "text/vnd.net2phone.commcenter.command; charset=utf-8",
        "text/vnd.senx.warpscript; charset=utf-8",
        "text/vnd.sosi; charset=utf-8",
        "text/vnd.sun.j2me.app-descriptor; charset=utf-8",
        "text/vnd.wap.si; charset=utf-8",
        "text/vnd.wap.sl; charset=utf-8",
        "text/vnd.wap.wml; charset=utf-8",
        "text/vnd.wap.wmlscript; charset=utf-8",
        "text/vtt; charset=utf-8",
        "text/wgsl; charset=utf-8",
        "text/x-bibtex; charset=utf-8",
        "text/x-boo; charset=utf-8",
        "text/x-c++hdr; charset=utf-8",
        "text/x-c++src; charset=utf-8",
        "text/x-component; charset=utf-8",
        "text/x-lilypond; charset=utf-8",
        "text/x-literate-haskell; charset=utf-8",
        "text/x-moc; charset=utf-8",
        "text/x-pascal; charset=utf-8",
        "text/x-pcs-gcd; charset=utf-8",
        "text/x-perl; charset=utf-8",
        "text/x-setext; charset=utf-8",
        "text/x-sfv; charset=utf-8",
        "text/x-tcl; charset=utf-8",
        "text/x-tex; charset=utf-8",
        "text/x-vcalendar; charset=utf-8",
        "video/annodex",
        "video/dv",
        "video/fli",
        "video/gl",
        "video/iso.segment",
        "video/mj2",
        "video/mp2t",
        "video/mp4",
        "video/mpeg",
        "video/ogg",
        "video/quicktime",
        "video/vnd.dece.hd",
        "video/vnd.dece.mobile",
        "video/vnd.dece.mp4",
        "video/vnd.dece.pd",
        "video/vnd.dece.sd",
        "video/vnd.dece.video",
        "video/vnd.dvb.file",
        "video/vnd.fvt",
        "video/vnd.mpegurl",
        "video/vnd.ms-playready.media.pyv",
        "video/vnd.nokia.interleaved-multimedia",
        "video/vnd.radgamettools.bink",
        "video/vnd.radgamettools.smacker",
        "video/vnd.sealed.mpeg1",
        "video/vnd.sealed.mpeg4",
        "video/vnd.sealed.swf",
        "video/vnd.sealedmedia.softseal.mov",
        "video/vnd.vivo",
        "video/vnd.youtube.yt",
        "video/webm",
        "video/x-flv",
        "video/x-la-asf",
        "video/x-matroska",
        "video/x-mng",
        "video/x-ms-wm",
        "video/x-ms-wmv",
        "video/x-ms-wmx",
        "video/x-ms-wvx",
        "video/x-msvideo",
        "video/x-sgi-movie",
    ]
    /// Whole names, in lower case, of text files without an extension.
    static let textNames: [String] = [
        ".bash_profile",
        ".bashrc",
        ".dockerignore",
        ".editorconfig",
        ".env",
        ".gitattributes",
        ".gitignore",
        ".gitmodules",
        ".profile",
        ".swift-format",
        ".swift-version",
        "authors",
        "brewfile",
        "changelog",
        "changes",
        "cmakelists",
        "codeowners",
        "containerfile",
        "contributing",
        "contributors",
        "copying",
        "credits",
        "dockerfile",
        "gemfile",
        "gnumakefile",
        "history",
        "install",
        "jenkinsfile",
        "justfile",
        "licence",
        "license",
        "maintainers",
        "makefile",
        "manifest",
        "news",
        "notice",
        "podfile",
        "procfile",
        "rakefile",
        "readme",
        "security",
        "thanks",
        "todo",
        "unlicense",
        "vagrantfile",
        "version",
    ]
}
