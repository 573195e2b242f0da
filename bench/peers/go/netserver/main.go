// netserver is the peer of the network rows: examples/echo and examples/httpd in
// Go, with nothing but the standard library.
//
//	netserver echo|http PORT
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
)

func echo(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			room := make([]byte, 2<<10)
			for {
				n, err := c.Read(room)
				if err != nil {
					return
				}
				if _, err := c.Write(room[:n]); err != nil {
					return
				}
			}
		}()
	}
}

func plaintext(l net.Listener) error {
	hello := []byte("Hello, World!")
	mux := http.NewServeMux()
	mux.HandleFunc("/plaintext", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Write(hello)
	})
	return http.Serve(l, mux)
}

func main() {
	servers := map[string]func(net.Listener) error{
		"echo": echo, "http": plaintext,
	}
	if len(os.Args) != 3 || servers[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: netserver echo|http PORT")
		os.Exit(2)
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+os.Args[2])
	if err == nil {
		err = servers[os.Args[1]](l)
	}
	fmt.Fprintln(os.Stderr, "netserver:", err)
	os.Exit(1)
}
