import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.centrifugal.centrifuge.*;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The walk with centrifuge-java, which speaks protobuf only. See walks.py. */
public final class Walk {
    private static final int PATIENCE = 15;  // seconds
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static String url, site, asking;

    private static void report(String name, Object json) {
        System.out.println("{\"" + name + "\": " + json + "}");
    }

    private static String quoted(String text) { return '"' + text + '"'; }

    private static String all(List<Publication> publications) {
        return publications.stream().map(one -> new String(one.getData(), UTF_8)).collect(Collectors.toList()).toString();
    }

    /** The result of a call of the SDK. */
    private static <T> T result(Consumer<ResultCallback<T>> call) throws Exception {
        CompletableFuture<T> answer = new CompletableFuture<>();
        call.accept((error, value) -> {
            if (error != null) answer.completeExceptionally(error);
            else answer.complete(value);
        });
        return answer.get(PATIENCE, TimeUnit.SECONDS);
    }

    private static <T> T next(BlockingQueue<T> queue, String what) throws Exception {
        T value = queue.poll(PATIENCE, TimeUnit.SECONDS);
        if (value == null) throw new AssertionError("waited for " + what);
        return value;
    }

    private static void until(BooleanSupplier fact, String what) throws Exception {
        for (int i = 0; !fact.getAsBoolean(); i++) {
            if (i == PATIENCE * 100) throw new AssertionError("waited for " + what);
            Thread.sleep(10);
        }
    }

    private static String ask(String method, String path) {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(site + path));
            request.method(method, HttpRequest.BodyPublishers.noBody());
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static Options options() {
        Options made = new Options();
        made.setTimeout(30_000); // The default of 5 s is too short on a busy machine.
        made.setMinReconnectDelay(10);
        made.setMaxReconnectDelay(100);
        return made;
    }

    /** What a client's callbacks have seen. */
    private static final class Events extends EventListener {
        final AtomicInteger connections = new AtomicInteger();
        final BlockingQueue<byte[]> data = new LinkedBlockingQueue<>();
        final BlockingQueue<Integer> codes = new LinkedBlockingQueue<>();

        @Override public void onConnected(Client client, ConnectedEvent event) {
            connections.incrementAndGet();
            data.add(event.getData());
        }

        @Override public void onDisconnected(Client client, DisconnectedEvent event) { codes.add(event.getCode()); }
    }

    /** What a subscription's callbacks have seen. */
    private static final class RoomEvents extends SubscriptionEventListener {
        final List<PublicationEvent> publications = new CopyOnWriteArrayList<>();
        final List<SubscribedEvent> subscribed = new CopyOnWriteArrayList<>();
        final BlockingQueue<Integer> codes = new LinkedBlockingQueue<>();

        @Override public void onPublication(Subscription room, PublicationEvent event) { publications.add(event); }

        @Override public void onSubscribed(Subscription room, SubscribedEvent event) { subscribed.add(event); }

        @Override public void onUnsubscribed(Subscription room, UnsubscribedEvent event) { codes.add(event.getCode()); }
    }

    private static SubscriptionOptions with(String data) {
        SubscriptionOptions made = new SubscriptionOptions();
        made.setData(data.getBytes(UTF_8));
        return made;
    }

    private static void walkOfBob() throws Exception {
        Options options = options();
        options.setData("{\"user\":\"bob\"}".getBytes(UTF_8));
        Events events = new Events();
        Client bob = new Client(asking, options, events);
        bob.connect();
        report("data", new String(next(events.data, "the connection"), UTF_8));

        RoomEvents tea = new RoomEvents();
        bob.newSubscription("tea", with("{\"why\":\"because\"}"), tea).subscribe();
        until(() -> tea.subscribed.size() == 1, "the subscription");
        report("room data", new String(tea.subscribed.get(0).getData(), UTF_8));

        RoomEvents closed = new RoomEvents();
        bob.newSubscription("closed", with("{\"why\":\"for fun\"}"), closed).subscribe();
        report("room refused", next(closed.codes, "the refusal"));
        bob.close(1000);
    }

    private static void refusal() throws Exception {
        Events events = new Events();
        Client stranger = new Client(url, options(), events);
        stranger.connect();
        report("refused", next(events.codes, "the refusal"));
        stranger.close(1000);
    }

    private static void talk(Subscription room, RoomEvents seen) throws Exception {
        Walk.<PublishResult>result(done -> room.publish("{\"n\":1}".getBytes(UTF_8), done));
        until(() -> seen.publications.size() == 1, "the own message");
        PublicationEvent first = seen.publications.get(0);
        report("own", new String(first.getData(), UTF_8));
        var name = Pattern.compile("\"name\":\\s*\"(\\w+)\"").matcher(new String(first.getInfo().getConnInfo(), UTF_8));
        report("publisher", quoted(first.getInfo().getUser() + " " + (name.find() ? name.group(1) : "")));

        PresenceResult presence = result(room::presence);
        report("presence", presence.getClients().values().stream()
            .map(info -> quoted(info.getUser())).collect(Collectors.toList()));
        PresenceStatsResult stats = result(room::presenceStats);
        report("stats", List.of(stats.getNumClients(), stats.getNumUsers()));
        report("history", all(history(room, builder -> builder.withLimit(10)).getPublications()));
    }

    private static HistoryResult history(
            Subscription room, Function<HistoryOptions.Builder, HistoryOptions.Builder> what) throws Exception {
        return result(done -> room.history(what.apply(new HistoryOptions.Builder()).build(), done));
    }

    /** What the history shows from a position, and from its end. */
    private static void look(Subscription room) throws Exception {
        String epoch = history(room, builder -> builder.withLimit(0)).getEpoch();
        StreamPosition since = new StreamPosition(1, epoch);
        report("history since", all(history(room, builder -> builder.withLimit(10).withSince(since)).getPublications()));
        report("last of the history", all(history(room, builder -> builder.withLimit(1).withReverse(true)).getPublications()));
    }

    private static void walkOfAnn() throws Exception {
        AtomicInteger tokens = new AtomicInteger(), roomTokens = new AtomicInteger();
        Options options = options();
        options.setTokenGetter(new ConnectionTokenGetter() {
            @Override public void getConnectionToken(ConnectionTokenEvent event, TokenCallback done) {
                tokens.incrementAndGet();
                done.Done(null, ask("GET", "/token?ttl=2"));
            }
        });
        SubscriptionOptions roomOptions = new SubscriptionOptions();
        roomOptions.setTokenGetter(new SubscriptionTokenGetter() {
            @Override public void getSubscriptionToken(SubscriptionTokenEvent event, TokenCallback done) {
                roomTokens.incrementAndGet();
                done.Done(null, ask("GET", "/token?ttl=2&channel=" + URLEncoder.encode(event.getChannel(), UTF_8)));
            }
        });
        Events events = new Events();
        RoomEvents seen = new RoomEvents();
        Client ann = new Client(url, options, events);
        Subscription room = ann.newSubscription("$room", roomOptions, seen);
        ann.connect();
        room.subscribe();
        until(() -> seen.subscribed.size() == 1, "the subscription");
        talk(room, seen);

        ask("POST", "/cut");
        until(() -> seen.publications.size() == 3 && seen.subscribed.size() == 2, "what was published during the cut");
        report("recovered", seen.subscribed.get(1).getRecovered());
        report("after the cut", seen.publications.stream().skip(1)
            .map(event -> new String(event.getData(), UTF_8)).collect(Collectors.toList()));
        look(room);

        // Both tokens are renewed, and neither the connection nor the subscription notices.
        int before = tokens.get(), roomBefore = roomTokens.get(), times = seen.subscribed.size();
        until(() -> tokens.get() > before && roomTokens.get() > roomBefore, "new tokens");
        Walk.<PresenceResult>result(room::presence);
        report("refreshed", seen.subscribed.size() == times && seen.codes.isEmpty());
        report("connections", events.connections.get());
        ann.close(1000);
    }

    public static void main(String[] arguments) throws Exception {
        url = arguments[0];
        site = arguments[1];
        asking = arguments[2];
        walkOfBob();
        refusal();
        walkOfAnn();
        System.exit(0);
    }
}
