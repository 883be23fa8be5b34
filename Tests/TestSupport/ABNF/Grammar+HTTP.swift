extension Grammar {
    /// HTTP/1.1 as Martlet reads it: the RFCs' grammar with the departures that are documented.
    public static let http = Grammar(rfc + departures)

    /// The RFCs' collected grammars, as far as heads, chunks and the fields of answers need them.
    static let rfc = """
        ALPHA = %x41-5A / %x61-7A
        CR = %x0D
        LF = %x0A
        CRLF = CR LF
        DIGIT = %x30-39
        DQUOTE = %x22
        HEXDIG = DIGIT / "A" / "B" / "C" / "D" / "E" / "F"
        HTAB = %x09
        SP = %x20
        VCHAR = %x21-7E
        unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"
        sub-delims = "!" / "$" / "&" / "'" / "(" / ")" / "*" / "+" / "," / ";" / "="
        pct-encoded = "%" HEXDIG HEXDIG
        pchar = unreserved / pct-encoded / sub-delims / ":" / "@"
        segment = *pchar
        segment-nz = 1*pchar
        path-abempty = *( "/" segment )
        path-absolute = "/" [ segment-nz *( "/" segment ) ]
        path-rootless = segment-nz *( "/" segment )
        query = *( pchar / "/" / "?" )
        fragment = *( pchar / "/" / "?" )
        scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
        port = *DIGIT
        reg-name = *( unreserved / pct-encoded / sub-delims )
        dec-octet = DIGIT / %x31-39 DIGIT / "1" 2DIGIT / "2" %x30-34 DIGIT / "25" %x30-35
        IPv4address = dec-octet "." dec-octet "." dec-octet "." dec-octet
        h16 = 1*4HEXDIG
        ls32 = ( h16 ":" h16 ) / IPv4address
        IPv6address = 6( h16 ":" ) ls32
            / "::" 5( h16 ":" ) ls32
            / [ h16 ] "::" 4( h16 ":" ) ls32
            / [ *1( h16 ":" ) h16 ] "::" 3( h16 ":" ) ls32
            / [ *2( h16 ":" ) h16 ] "::" 2( h16 ":" ) ls32
            / [ *3( h16 ":" ) h16 ] "::" h16 ":" ls32
            / [ *4( h16 ":" ) h16 ] "::" ls32
            / [ *5( h16 ":" ) h16 ] "::" h16
            / [ *6( h16 ":" ) h16 ] "::"
        IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
        IP-literal = "[" ( IPv6address / IPvFuture ) "]"
        uri-host = IP-literal / IPv4address / reg-name
        userinfo = *( unreserved / pct-encoded / sub-delims / ":" )
        authority = [ userinfo "@" ] uri-host [ ":" port ]
        relative-part = "//" authority path-abempty / path-absolute / path-abempty
        URI-reference = ( scheme ":" ( "//" authority path-abempty / path-absolute / path-rootless ) / relative-part )
            [ "?" query ] [ "#" fragment ]
        OWS = *( SP / HTAB )
        BWS = OWS
        tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
        token = 1*tchar
        obs-text = %x80-FF
        qdtext = HTAB / SP / "!" / %x23-5B / %x5D-7E / obs-text
        quoted-pair = "\\" ( HTAB / SP / VCHAR / obs-text )
        quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
        field-name = token
        field-vchar = VCHAR / obs-text
        field-content = field-vchar [ 1*( SP / HTAB / field-vchar ) field-vchar ]
        field-value = *field-content
        field-line = field-name ":" OWS field-value OWS
        method = token
        absolute-path = 1*( "/" segment )
        origin-form = absolute-path [ "?" query ]
        absolute-form = scheme ":" ( "//" authority path-abempty / path-absolute / path-rootless ) [ "?" query ]
        authority-form = uri-host ":" port
        asterisk-form = "*"
        request-target = origin-form / absolute-form / authority-form / asterisk-form
        HTTP-name = %s"HTTP"
        HTTP-version = HTTP-name "/" DIGIT "." DIGIT
        request-line = method SP request-target SP HTTP-version
        status-code = 3DIGIT
        reason-phrase = 1*( HTAB / SP / VCHAR / obs-text )
        status-line = HTTP-version SP status-code SP [ reason-phrase ]
        Host = uri-host [ ":" port ]
        Content-Length = 1*DIGIT
        chunk-size = 1*HEXDIG
        chunk-ext-name = token
        chunk-ext-val = token / quoted-string
        chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
        request-row = request-line CRLF
        status-row = status-line CRLF
        field-row = field-line CRLF / CRLF
        chunk-row = chunk-size chunk-ext CRLF
        parameter = token "=" ( token / quoted-string )
        parameters = *( OWS ";" OWS [ parameter ] )
        transfer-coding = token *( OWS ";" OWS token BWS "=" BWS ( token / quoted-string ) )
        media-type = token "/" token parameters
        entity-tag = [ %s"W/" ] DQUOTE *( %x21 / %x23-7E / obs-text ) DQUOTE
        day-name = %s"Mon" / %s"Tue" / %s"Wed" / %s"Thu" / %s"Fri" / %s"Sat" / %s"Sun"
        month = %s"Jan" / %s"Feb" / %s"Mar" / %s"Apr" / %s"May" / %s"Jun" / %s"Jul" / %s"Aug" / %s"Sep" / %s"Oct"
            / %s"Nov" / %s"Dec"
        IMF-fixdate = day-name "," SP 2DIGIT SP month SP 4DIGIT SP 2DIGIT ":" 2DIGIT ":" 2DIGIT SP %s"GMT"
        tokens = token *( OWS "," OWS token )
        tokens-or-none = [ tokens ]
        directive = token [ "=" ( token / quoted-string ) ]
        directives = directive *( OWS "," OWS directive )
        Content-Range = token SP ( 1*DIGIT "-" 1*DIGIT "/" ( 1*DIGIT / "*" ) / "*/" 1*DIGIT )
        Retry-After = IMF-fixdate / 1*DIGIT

        """

    /// Where Martlet departs from them. Narrower: no user information and no empty or future host in a target or Host, a
    /// comma is no part of a name, CONNECT needs a port. Wider, as browsers send it: brackets in a path, and any
    /// visible octet but `#` in a query.
    static let departures = """
        segment = *( pchar / "[" / "]" )
        query = *( %x21-22 / %x24-7E )
        name-delims = "!" / "$" / "&" / "'" / "(" / ")" / "*" / "+" / ";" / "="
        reg-name = 1*( unreserved / pct-encoded / name-delims )
        IP-literal = "[" IPv6address "]"
        absolute-form = scheme "://" Host path-abempty [ "?" query ]
        authority-form = uri-host ":" 1*DIGIT

        """
}
