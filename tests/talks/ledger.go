// verify EXPORT KEY: reads an exported ledger (C2SP tlog-tiles) with code that is not Merlon's.
// verify --proof PROOF RECORD KEY: checks one record's proof (C2SP tlog-proof).
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error, what string) {
	if err != nil {
		fmt.Println(what+":", err)
		os.Exit(1)
	}
}

func tree(text []byte, key string) tlog.Tree {
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	must(err, "key")
	opened, err := note.Open(text, note.VerifierList(verifier))
	must(err, "signature")
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "size")
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err, "root")
	var hash tlog.Hash
	copy(hash[:], root)
	return tlog.Tree{N: size, Hash: hash}
}

func number(n int64) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	return path
}

// The leaves, hashed anew from the entries; every stored level-0 tile has to agree.
func leaves(dir string, size int64) []tlog.Hash {
	var all []tlog.Hash
	for tile := int64(0); tile*256 < size; tile++ {
		width := size - tile*256
		suffix := ""
		if width < 256 {
			suffix = fmt.Sprintf(".p/%d", width)
		} else {
			width = 256
		}
		bundle, err := os.ReadFile(filepath.Join(dir, "tile/entries", number(tile)+suffix))
		must(err, "entries")
		hashes, err := os.ReadFile(filepath.Join(dir, "tile/0", number(tile)+suffix))
		must(err, "tile")
		for i := int64(0); i < width; i++ {
			n := int(binary.BigEndian.Uint16(bundle))
			leaf := tlog.RecordHash(bundle[2 : 2+n])
			bundle = bundle[2+n:]
			if string(leaf[:]) != string(hashes[i*32:i*32+32]) {
				fmt.Println("record", tile*256+i, "is not what the tile holds")
				os.Exit(1)
			}
			all = append(all, leaf)
		}
	}
	return all
}

func export(dir, key string) {
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	must(err, "checkpoint")
	signed := tree(text, key)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = stored[index]
		}
		return out, nil
	})
	for i, leaf := range leaves(dir, signed.N) {
		hashes, err := tlog.StoredHashesForRecordHash(int64(i), leaf, reader)
		must(err, "hashes")
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(signed.N, reader)
	must(err, "root")
	if root != signed.Hash {
		fmt.Println("the root is not the one that was signed")
		os.Exit(1)
	}
	fmt.Println(signed.N, "records: the signed root is theirs")
}

func proof(path, record, key string) {
	text, err := os.ReadFile(path)
	must(err, "proof")
	head, checkpoint, _ := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		fmt.Println("no proof")
		os.Exit(1)
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err, "index")
	var hashes tlog.RecordProof
	for _, line := range lines[2:] {
		raw, err := base64.StdEncoding.DecodeString(line)
		must(err, "hash")
		var hash tlog.Hash
		copy(hash[:], raw)
		hashes = append(hashes, hash)
	}
	signed := tree([]byte(checkpoint), key)
	body, err := os.ReadFile(record)
	must(err, "record")
	must(tlog.CheckRecord(hashes, signed.N, signed.Hash, index, tlog.RecordHash(body)), "inclusion")
	fmt.Println("record", index, "is in the signed tree of", signed.N)
}

func main() {
	if os.Args[1] == "--proof" {
		proof(os.Args[2], os.Args[3], os.Args[4])
	} else {
		export(os.Args[1], os.Args[2])
	}
}
