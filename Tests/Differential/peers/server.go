// Go's net/http: files, and an echo of how a request was understood.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	http.Handle("/", http.FileServer(http.Dir(os.Args[2])))
	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "bad content", 400)
			return
		}
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "method=%s target=%s host=%s content=%s\n", r.Method, r.RequestURI, host, content)
	})
	http.HandleFunc("/deaf", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "not read\n") })
	http.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "read only\n") })
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
