// Go 1.26 or later: put go.mod beside it, then `go run .`
package main

import (
	"crypto/ed25519"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const bodyBytesMax = 1024 * 1024 // 256 KiB of data, escaped, and what is around it

const schema = `
CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
CREATE TRIGGER IF NOT EXISTS forget AFTER INSERT ON seen
  BEGIN DELETE FROM seen WHERE at < datetime('now', '-7 days'); END;
CREATE TABLE IF NOT EXISTS records (record TEXT PRIMARY KEY, version INTEGER, event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (number INTEGER PRIMARY KEY, event TEXT NOT NULL);`

const see = `INSERT INTO seen (id) VALUES (?) ON CONFLICT DO NOTHING`

const keepNewest = `
INSERT INTO records (record, version, event) VALUES (?, ?, ?)
ON CONFLICT (record) DO UPDATE SET version = coalesce(excluded.version, version), event = excluded.event
WHERE coalesce(excluded.version >= version, TRUE)`

type event struct {
	Type    *string
	Record  *string
	Version *int64
	Data    json.RawMessage // large numbers keep their digits
}

type receiver struct {
	db        *sql.DB
	verifiers []func(body []byte, headers http.Header) bool
}

// handle is your work, in the transaction. What is slow or leaves this database (a mail) becomes a job.
func handle(tx *sql.Tx, event event, text string) error {
	_, err := tx.Exec(`INSERT INTO jobs (event) VALUES (?)`, text)
	return err
}

// take handles each id once, and no version older than the record's: all of it is committed, or nothing.
func (r *receiver) take(id string, event event, text string) error {
	tx, err := r.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	record := id
	if event.Record != nil {
		record = *event.Record
	}
	isNew, err := changes(tx.Exec(see, id))
	if err == nil && isNew {
		isNew, err = changes(tx.Exec(keepNewest, record, event.Version, text))
	}
	if err == nil && isNew {
		err = handle(tx, event, text)
	}
	if err != nil {
		return err
	}
	return tx.Commit()
}

func changes(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows == 1, err
}

func v1(secret string) (func([]byte, http.Header) bool, error) {
	webhook, err := standardwebhooks.NewWebhook(secret)
	return func(body []byte, headers http.Header) bool { return webhook.Verify(body, headers) == nil }, err
}

// v1a is Ed25519 by hand: a signature is `v1a,` and base64, and signs `id.timestamp.body`.
func v1a(secret string) (func([]byte, http.Header) bool, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whpk_"))
	if err == nil && len(key) != ed25519.PublicKeySize {
		err = errors.New("a whpk_ key has 32 bytes")
	}
	return func(body []byte, headers http.Header) bool {
		at := headers.Get("webhook-timestamp")
		signed := append([]byte(headers.Get("webhook-id")+"."+at+"."), body...)
		seconds, err := strconv.ParseInt(at, 10, 64)
		if err != nil || math.Abs(time.Since(time.Unix(seconds, 0)).Seconds()) > 300 {
			return false
		}
		for _, one := range strings.Split(headers.Get("webhook-signature"), " ") {
			given, isV1a := strings.CutPrefix(one, "v1a,")
			signature, err := base64.StdEncoding.DecodeString(given)
			if isV1a && err == nil && ed25519.Verify(key, signed, signature) {
				return true
			}
		}
		return false
	}, err
}

func (r *receiver) status(w http.ResponseWriter, request *http.Request) int {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, bodyBytesMax))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	} else if err != nil {
		return http.StatusBadRequest
	}
	headers := request.Header
	id := headers.Get("webhook-id")
	if id == "" || headers.Get("webhook-timestamp") == "" || headers.Get("webhook-signature") == "" {
		return http.StatusBadRequest
	}
	isOurs := false
	for _, verify := range r.verifiers {
		isOurs = isOurs || verify(body, headers)
	}
	if !isOurs {
		return http.StatusUnauthorized
	}
	var event event
	if json.Unmarshal(body, &event) != nil || event.Type == nil {
		return http.StatusBadRequest
	}
	if err := r.take(id, event, string(body)); err != nil {
		log.Print(err)
		return http.StatusInternalServerError // it comes again
	}
	return http.StatusNoContent
}

func main() {
	path := os.Getenv("DATABASE")
	if path == "" {
		path = "receiver.db"
	}
	db, err := sql.Open("sqlite3", "file:"+path+"?_txlock=immediate&_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)")
	fatal(err)
	_, err = db.Exec(schema)
	fatal(err)
	r := receiver{db: db}
	// whsec_… or whpk_…; during a rotation both secrets, with a space between them
	for _, secret := range strings.Split(os.Getenv("WEBHOOK_SECRET"), " ") {
		make := v1
		if strings.HasPrefix(secret, "whpk_") {
			make = v1a
		}
		verify, err := make(secret)
		fatal(err)
		r.verifiers = append(r.verifiers, verify)
	}
	http.HandleFunc("POST /hook", func(w http.ResponseWriter, request *http.Request) {
		w.WriteHeader(r.status(w, request))
	})
	port := os.Getenv("PORT")
	if port == "" {
		port = "9000"
	}
	server := http.Server{
		Addr:              ":" + port,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       75 * time.Second, // closing a connection while an event is on its way costs a retry
	}
	log.Fatal(server.ListenAndServe())
}

func fatal(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
