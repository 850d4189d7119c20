// Prints a token for a room and a user.
package main

import (
	"fmt"
	"log"
	"os"
	"time"

	"example.com/accesstoken"
)

func main() {
	token, err := accesstoken.Make(accesstoken.Claims{
		AppID:      os.Getenv("MINIAPP_RTC_APP_ID"),
		AppKey:     os.Getenv("MINIAPP_RTC_APP_KEY"),
		Room:       os.Args[1],
		User:       os.Args[2],
		ExpiresAt:  uint32(time.Now().Add(24 * time.Hour).Unix()),
		Privileges: map[uint16]uint32{accesstoken.Publish: 0, accesstoken.Subscribe: 0},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token)
}
