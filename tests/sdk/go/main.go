// The walk with centrifuge-go. See walks.py.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge-go"
)

var server, site, asking, encoding, transport = os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]

// What the callbacks of the SDK, which run on goroutines of their own, have seen.
var seen struct {
	sync.Mutex
	tokens, roomTokens, connections int
	publications                    []centrifuge.Publication
	subscribed                      []centrifuge.SubscribedEvent
	left                            bool
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Waits until fact() is true; fact() runs with the lock.
func until(what string, fact func() bool) {
	for i := 0; i < 1500; i++ {
		seen.Lock()
		done := fact()
		seen.Unlock()
		if done {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	panic("waited for " + what)
}

func body(answer *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

func config() centrifuge.Config {
	return centrifuge.Config{
		// The default of 5 s is too short on a busy machine.
		ReadTimeout:       30 * time.Second,
		MinReconnectDelay: 10 * time.Millisecond,
		MaxReconnectDelay: 100 * time.Millisecond,
	}
}

func visitor(address string, options centrifuge.Config) *centrifuge.Client {
	if encoding == "protobuf" {
		return centrifuge.NewProtobufClient(address, options)
	}
	return centrifuge.NewJsonClient(address, options)
}

func report(name string, fact any) {
	text, err := json.Marshal(map[string]any{name: fact})
	must(err)
	fmt.Println(string(text))
}

func raw(data []byte) json.RawMessage { return json.RawMessage(data) }

func refusal() uint32 {
	stranger := visitor(server, config())
	code := make(chan uint32, 1)
	stranger.OnDisconnected(func(e centrifuge.DisconnectedEvent) { code <- e.Code })
	must(stranger.Connect())
	return <-code
}

func roomToken(e centrifuge.SubscriptionTokenEvent) (string, error) {
	seen.Lock()
	seen.roomTokens++
	seen.Unlock()
	return body(http.Get(site + "/token?ttl=2&channel=" + url.QueryEscape(e.Channel)))
}

// Ann's client, and her subscription, which is active.
func enter(ctx context.Context) (*centrifuge.Client, *centrifuge.Subscription) {
	options := config()
	options.GetToken = func(centrifuge.ConnectionTokenEvent) (string, error) {
		seen.Lock()
		seen.tokens++
		seen.Unlock()
		return body(http.Get(site + "/token?ttl=2"))
	}
	ann := visitor(server, options)
	ann.OnConnected(func(centrifuge.ConnectedEvent) { seen.Lock(); seen.connections++; seen.Unlock() })
	room, err := ann.NewSubscription("$room", centrifuge.SubscriptionConfig{
		GetToken: roomToken,
	})
	must(err)
	room.OnPublication(func(e centrifuge.PublicationEvent) {
		seen.Lock()
		seen.publications = append(seen.publications, e.Publication)
		seen.Unlock()
	})
	room.OnSubscribed(func(e centrifuge.SubscribedEvent) {
		seen.Lock()
		seen.subscribed = append(seen.subscribed, e)
		seen.Unlock()
	})
	room.OnUnsubscribed(func(centrifuge.UnsubscribedEvent) { seen.Lock(); seen.left = true; seen.Unlock() })
	must(ann.Connect())
	must(room.Subscribe())
	until("the subscription", func() bool { return len(seen.subscribed) == 1 })
	return ann, room
}

func talk(ctx context.Context, room *centrifuge.Subscription) {
	_, err := room.Publish(ctx, []byte(`{"n":1}`))
	must(err)
	until("the own message", func() bool { return len(seen.publications) == 1 })
	first := seen.publications[0]
	report("own", raw(first.Data))
	var info struct{ Name string }
	must(json.Unmarshal(first.Info.ConnInfo, &info))
	report("publisher", first.Info.User+" "+info.Name)

	presence, err := room.Presence(ctx)
	must(err)
	users := []string{}
	for _, client := range presence.Clients {
		users = append(users, client.User)
	}
	report("presence", users)
	stats, err := room.PresenceStats(ctx)
	must(err)
	report("stats", []int{stats.NumClients, stats.NumUsers})
	history, err := room.History(ctx, centrifuge.WithHistoryLimit(10))
	must(err)
	report("history", data(history.Publications))
}

func data(publications []centrifuge.Publication) []json.RawMessage {
	all := []json.RawMessage{}
	for _, publication := range publications {
		all = append(all, raw(publication.Data))
	}
	return all
}

// What the history shows from a position, and from its end.
func look(ctx context.Context, room *centrifuge.Subscription) {
	top, err := room.History(ctx, centrifuge.WithHistoryLimit(0))
	must(err)
	since := centrifuge.StreamPosition{Offset: 1, Epoch: top.Epoch}
	later, err := room.History(ctx, centrifuge.WithHistoryLimit(10), centrifuge.WithHistorySince(&since))
	must(err)
	report("history since", data(later.Publications))
	last, err := room.History(ctx, centrifuge.WithHistoryLimit(1), centrifuge.WithHistoryReverse(true))
	must(err)
	report("last of the history", data(last.Publications))
}

// For record-frames: a command that the other walks do not need, and an error.
func part(ctx context.Context, ann *centrifuge.Client, room *centrifuge.Subscription) {
	must(room.Unsubscribe())
	if _, err := ann.Presence(ctx, "$room"); err == nil {
		panic("somebody who has left may see who is in the room")
	}
}

func carried() int {
	text, err := body(http.Get(site + "/carried"))
	must(err)
	number, err := strconv.Atoi(text)
	must(err)
	return number
}

// A room whose messages are long and similar: only the differences come.
func follow(ctx context.Context, ann *centrifuge.Client) {
	options := centrifuge.SubscriptionConfig{GetToken: roomToken, Delta: centrifuge.DeltaTypeFossil}
	room, err := ann.NewSubscription("$states", options)
	must(err)
	states, subscribed := make(chan string, 10), make(chan bool, 1)
	room.OnPublication(func(e centrifuge.PublicationEvent) { states <- string(e.Data) })
	room.OnSubscribed(func(centrifuge.SubscribedEvent) { subscribed <- true })
	must(room.Subscribe())
	<-subscribed
	before, size := carried(), 0
	wanted, got, at := []string{}, []string{}, []int{}
	for i := 0; i < 10; i++ {
		wanted = append(wanted, fmt.Sprintf(`{"at":%d,"text":"%s","end":%d}`, i, strings.Repeat("so ", 1000), -i))
		size += len(wanted[i])
		_, err := room.Publish(ctx, []byte(wanted[i]))
		must(err)
	}
	for i := range wanted {
		got = append(got, <-states)
		var state struct{ At int }
		must(json.Unmarshal([]byte(got[i]), &state))
		at = append(at, state.At)
	}
	report("states", at)
	report("exact", slices.Equal(got, wanted))
	report("only differences", carried()-before < size/3)
}

func walkOfAnn(ctx context.Context) {
	report("refused", refusal())
	ann, room := enter(ctx)
	talk(ctx, room)

	_, err := body(http.Post(site+"/cut", "", nil))
	must(err)
	until("what was published during the cut", func() bool { return len(seen.publications) == 3 && len(seen.subscribed) == 2 })
	report("recovered", seen.subscribed[1].Recovered)
	report("after the cut", data(seen.publications[1:]))

	look(ctx, room)

	// Both tokens are renewed, and neither the connection nor the subscription notices.
	seen.Lock()
	before, roomBefore, times := seen.tokens, seen.roomTokens, len(seen.subscribed)
	seen.Unlock()
	until("new tokens", func() bool { return seen.tokens > before && seen.roomTokens > roomBefore })
	_, err = room.Presence(ctx)
	must(err)
	seen.Lock()
	report("refreshed", len(seen.subscribed) == times && !seen.left)
	report("connections", seen.connections)
	seen.Unlock()
	if transport == "recorded" {
		part(ctx, ann, room)
	} else {
		follow(ctx, ann)
	}
	ann.Close()
}

func walkOfBob() {
	options := config()
	options.Data = []byte(`{"user":"bob"}`)
	bob := visitor(asking, options)
	connected, subscribed, refused := make(chan []byte, 1), make(chan []byte, 1), make(chan uint32, 1)
	bob.OnConnected(func(e centrifuge.ConnectedEvent) { connected <- e.Data })
	must(bob.Connect())
	report("data", raw(<-connected))

	tea, err := bob.NewSubscription("tea", centrifuge.SubscriptionConfig{Data: []byte(`{"why":"because"}`)})
	must(err)
	tea.OnSubscribed(func(e centrifuge.SubscribedEvent) { subscribed <- e.Data })
	must(tea.Subscribe())
	report("room data", raw(<-subscribed))

	closed, err := bob.NewSubscription("closed", centrifuge.SubscriptionConfig{Data: []byte(`{"why":"for fun"}`)})
	must(err)
	closed.OnUnsubscribed(func(e centrifuge.UnsubscribedEvent) { refused <- e.Code })
	must(closed.Subscribe())
	report("room refused", <-refused)
	bob.Close()
}

func main() {
	walkOfBob()
	walkOfAnn(context.Background())
}
