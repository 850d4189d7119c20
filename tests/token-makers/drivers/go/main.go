// Reads claims, one line each, and writes a token or why there is none.
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"example.com/accesstoken"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if token, err := answer(strings.Split(lines.Text(), " ")); err != nil {
			fmt.Printf("refused: %v\n", err)
		} else {
			fmt.Println(token)
		}
	}
}

func answer(fields []string) (string, error) {
	texts := make([]string, 4)
	for index := range texts {
		text, err := base64.StdEncoding.DecodeString(fields[index])
		if err != nil {
			panic(err)
		}
		texts[index] = string(text)
	}
	expiresAt, err := number(fields[4])
	if err != nil {
		return "", err
	}
	privileges := map[uint16]uint32{}
	for _, pair := range strings.Split(fields[5], ",") {
		key, end, _ := strings.Cut(pair, ":")
		at, err := number(end)
		if err != nil {
			return "", err
		}
		name, err := strconv.ParseUint(key, 10, 16)
		if err != nil {
			return "", err
		}
		privileges[uint16(name)] = at
	}
	issuedAt, err := number(fields[6])
	if err != nil {
		return "", err
	}
	nonce, err := number(fields[7])
	if err != nil {
		return "", err
	}
	return accesstoken.Make(accesstoken.Claims{
		AppID: texts[0], AppKey: texts[1], Room: texts[2], User: texts[3],
		ExpiresAt: expiresAt, Privileges: privileges, IssuedAt: issuedAt, Nonce: nonce,
	})
}

// number is what Go's own types take: a time in milliseconds does not fit.
func number(text string) (uint32, error) {
	value, err := strconv.ParseUint(text, 10, 32)
	return uint32(value), err
}
