package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		part := strings.Split(line, "\t")
		body, _ := base64.StdEncoding.DecodeString(part[4])
		webhook, err := webhooks.NewWebhook(part[2])
		if err != nil {
			panic(err)
		}
		headers := http.Header{}
		headers.Set("webhook-id", part[0])
		headers.Set("webhook-timestamp", part[1])
		headers.Set("webhook-signature", part[3])
		said := "ok"
		if webhook.Verify(body, headers) != nil {
			said = "no"
		}
		seconds, _ := strconv.ParseInt(part[1], 10, 64)
		signature, err := webhook.Sign(part[0], time.Unix(seconds, 0), body)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s\t%s\n", said, signature)
	}
}
