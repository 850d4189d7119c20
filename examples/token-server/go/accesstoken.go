// Package accesstoken makes AccessToken 001, the token with which a user joins a room. Times are Unix seconds.
package accesstoken

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"regexp"
	"sort"
	"time"
)

const (
	Publish   uint16 = 0
	Subscribe uint16 = 4
)

var (
	appID  = regexp.MustCompile(`\A[a-zA-Z0-9]{24}\z`)
	roomID = regexp.MustCompile(`\A(\*|[a-zA-Z0-9@_.-]{0,128})\z`)
	userID = regexp.MustCompile(`\A[a-zA-Z0-9@_.-]{1,128}\z`)
)

// Claims are what a token says.
type Claims struct {
	AppID, AppKey string
	Room          string // `*` is every room.
	User          string
	ExpiresAt     uint32            // 0 is never.
	Privileges    map[uint16]uint32 // Each with its own end; 0 is the token's end.
	IssuedAt      uint32            // 0 is now.
	Nonce         uint32            // 0 is a random number.
}

// Make signs a token.
func Make(claims Claims) (string, error) {
	if claims.IssuedAt == 0 {
		claims.IssuedAt = uint32(time.Now().Unix())
	}
	if claims.Nonce == 0 {
		if err := binary.Read(rand.Reader, binary.LittleEndian, &claims.Nonce); err != nil {
			return "", err
		}
	}
	switch {
	case !appID.MatchString(claims.AppID):
		return "", errors.New("AppID: 24 letters and digits")
	case claims.AppKey == "":
		return "", errors.New("AppKey: it is empty")
	case !roomID.MatchString(claims.Room):
		return "", errors.New("Room: at most 128 of a-z A-Z 0-9 @ _ - . or *")
	case !userID.MatchString(claims.User):
		return "", errors.New("User: 1 to 128 of a-z A-Z 0-9 @ _ - .")
	case claims.ExpiresAt != 0 && claims.ExpiresAt <= claims.IssuedAt:
		return "", errors.New("ExpiresAt: a time to come, not a duration")
	}

	granted := map[uint16]uint32{}
	if end, publishes := claims.Privileges[Publish]; publishes {
		// Publishing as a whole, then its audio, video and data.
		granted[1], granted[2], granted[3] = end, end, end
	}
	for key, end := range claims.Privileges {
		granted[key] = end
	}
	keys := make([]uint16, 0, len(granted))
	for key := range granted {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(a, b int) bool { return keys[a] < keys[b] })

	var message bytes.Buffer
	put(&message, claims.Nonce, claims.IssuedAt, claims.ExpiresAt)
	put(&message, uint16(len(claims.Room)), []byte(claims.Room), uint16(len(claims.User)), []byte(claims.User))
	put(&message, uint16(len(keys)))
	for _, key := range keys {
		put(&message, key, granted[key])
	}
	mac := hmac.New(sha256.New, []byte(claims.AppKey))
	mac.Write(message.Bytes())
	signature := mac.Sum(nil)
	var content bytes.Buffer
	put(&content, uint16(message.Len()), message.Bytes(), uint16(len(signature)), signature)
	return "001" + claims.AppID + base64.StdEncoding.EncodeToString(content.Bytes()), nil
}

// put appends numbers and bytes; a Buffer takes all of them.
func put(to *bytes.Buffer, values ...any) {
	for _, value := range values {
		_ = binary.Write(to, binary.LittleEndian, value)
	}
}
