#include "api/metrics.h"

#include <cstdio>

namespace lws_chat {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

// Builds the text, family by family.
class Writer {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "lws_chat_";
    name_ += name;
    text_.append("# HELP ").append(name_).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name_).append(" ").append(type).append("\n");
  }

  // `labels` is empty or like `cause="slow"`.
  void sample(std::string_view labels, std::string_view value, std::string_view suffix = {}) {
    text_.append(name_).append(suffix);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value).append("\n");
  }
  void sample(std::string_view labels, uint64_t value) { sample(labels, std::to_string(value)); }

  void gauge(std::string_view name, std::string_view help, uint64_t value) {
    family(name, "gauge", help);
    sample("", value);
  }
  void counter(std::string_view name, std::string_view help, uint64_t value) {
    family(name, "counter", help);
    sample("", value);
  }

  template <size_t kBounds>
  void histogram(std::string_view name, std::string_view help, const Histogram<kBounds>& histogram) {
    family(name, "histogram", help);
    samples("", histogram);
  }

  // A histogram's samples. `labels` tells it from others of the family.
  template <size_t kBounds>
  void samples(const std::string& labels, const Histogram<kBounds>& histogram) {
    std::string first = labels.empty() ? labels : labels + ",";
    uint64_t count = 0;
    for (size_t i = 0; i < kBounds; ++i) {
      count += histogram.counts()[i];
      sample(first + "le=\"" + number(histogram.bounds()[i]) + "\"", std::to_string(count), "_bucket");
    }
    count += histogram.counts()[kBounds];
    sample(first + "le=\"+Inf\"", std::to_string(count), "_bucket");
    sample(labels, number(histogram.sum()), "_sum");
    sample(labels, std::to_string(count), "_count");
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string name_;
};

std::string label(std::string_view name, std::string_view value) {
  std::string text(name);
  text += "=\"";
  for (char c : value) {
    if (c == '"' || c == '\\' || c == '\n') text += '\\';
    text += c == '\n' ? 'n' : c;
  }
  return text += '"';
}

void write_dialects(Writer& out, const Counters& counters) {
  auto each = [&](uint64_t Counters::ByDialect::*member) {
    for (const Counters::ByDialect& one : counters.dialects) out.sample(label("dialect", one.name), one.*member);
  };
  out.family("clients", "gauge", "Open connections, by dialect.");
  each(&Counters::ByDialect::connections);
  out.family("connects_total", "counter", "Connections since the start, by dialect.");
  each(&Counters::ByDialect::connects);
  out.family("subscriptions", "gauge", "Rooms that connections are in, counted for each connection, by dialect.");
  each(&Counters::ByDialect::subscriptions);
  out.family("joins_total", "counter", "Joins of a room by a client, by dialect.");
  each(&Counters::ByDialect::joins);
}

void write_rooms(Writer& out, const Hub& hub) {
  uint64_t occupied = 0;
  uint64_t messages = 0;
  uint64_t bytes = 0;
  hub.rooms().each([&](const Room& room) {
    occupied += !room.members().empty();
    messages += room.history().count();
    bytes += room.history().bytes();
  });
  out.family("rooms", "gauge", "Rooms: occupied ones have members, remembered ones are empty.");
  out.sample("state=\"occupied\"", occupied);
  out.sample("state=\"remembered\"", hub.rooms().size() - occupied);
  out.gauge("history_messages", "Messages in the histories of all rooms.", messages);
  out.gauge("history_bytes", "Bytes of the messages in the histories of all rooms.", bytes);
  out.gauge("memory_bytes", "Bytes of all streams and histories. max-memory limits them.", hub.memory().in_use());
}

void write_messages(Writer& out, const Counters& counters) {
  out.counter("messages_received_total", "Messages accepted from clients, back ends and other plugins.",
              counters.messages_in);
  out.counter("received_bytes_total", "Payload bytes of accepted messages.", counters.bytes_in);
  out.counter("deliveries_total", "Messages sent to readers, counted for each reader.", counters.deliveries);
  out.counter("replayed_total", "Deliveries from a history.", counters.replayed);
  out.counter("writes_total", "Writes of room data to a connection.", counters.writes);
  out.counter("sent_bytes_total", "Bytes of room data written to connections, framing included.", counters.bytes_out);
  out.family("recoveries_total", "counter",
             "Clients that returned to a room with a position: full if they got all missed messages, else failed.");
  out.sample("result=\"full\"", counters.recovered);
  out.sample("result=\"failed\"", counters.unrecovered);
  out.counter("pauses_total", "Times that the server stopped reading from a client because it sent too fast.",
              counters.pauses);
  out.counter("flushes_total", "Flushes: a room's waiting messages written to all its members.", counters.flushes);
  out.histogram("flush_seconds", "Duration of one turn of flushing.", counters.flush_seconds);
  out.histogram("delivery_delay_seconds",
                "Time from the first waiting message of a room until it was written to all members.",
                counters.delay_seconds);
  out.histogram("reader_lag_bytes", "Unsent bytes of a reader each time that its connection could not take more.",
                counters.lag_bytes);
}

void write_compression(Writer& out, const ServerFacts& facts) {
  auto each = [&](uint64_t CompressionCounters::*member) {
    out.sample("direction=\"out\"", facts.deflated.*member);
    out.sample("direction=\"in\"", facts.inflated.*member);
  };
  out.family(
      "compressed_messages_total", "counter",
      "Compressed messages: out, to clients, each counted once for all its readers of a kind; in, from clients.");
  each(&CompressionCounters::messages);
  out.family("compressed_plain_bytes_total", "counter", "Payload bytes of these messages, not compressed.");
  each(&CompressionCounters::plain_bytes);
  out.family("compressed_bytes_total", "counter", "Payload bytes of these messages, compressed.");
  each(&CompressionCounters::compressed_bytes);
}

void write_ends(Writer& out, const Counters& counters) {
  out.family("refused_total", "counter", "Refused connections, and refused messages for new rooms, by cause.");
  for (unsigned i = 1; i < kStatusCount; ++i) {
    const StatusRow& row = describe(static_cast<Status>(i));
    if (row.http_status) out.sample(label("cause", row.cause), counters.refused[i]);
  }
  out.family("closed_total", "counter", "Connections closed by the server, by cause.");
  for (unsigned i = 1; i < kStatusCount; ++i) {
    auto status = static_cast<Status>(i);
    if (closes(status)) out.sample(label("cause", describe(status).cause), counters.ended[i]);
  }
}

void write_hooks(Writer& out, const DoorFacts& doors) {
  if (doors.hooks.empty()) return;
  out.family("hook_calls_total", "counter", "Questions to back ends that have ended, by hook and outcome.");
  for (const auto& [kind, counters] : doors.hooks)
    for (unsigned i = 0; i < kHookOutcomeCount; ++i) {
      auto outcome = static_cast<HookOutcome>(i);
      out.sample(label("hook", name_of(kind)) + "," + label("outcome", name_of(outcome)), counters.of(outcome));
    }
  out.family("hook_seconds", "histogram", "Time from a question to a back end until its answer or failure, by hook.");
  for (const auto& [kind, counters] : doors.hooks) out.samples(label("hook", name_of(kind)), counters.seconds);
  out.gauge("hook_waiting", "Questions to back ends that wait for an answer.", doors.hooks_waiting);
}

void write_tokens(Writer& out, const DoorFacts& doors) {
  out.gauge("revocations", "Revoked tokens, and users with revoked tokens, that the server remembers.",
            doors.revocations);
  if (doors.tokens) {
    out.family("token_checks_total", "counter", "Checks of clients' tokens, by verdict.");
    for (unsigned i = 0; i < kTokenVerdictCount; ++i)
      out.sample(label("verdict", name_of(static_cast<TokenVerdict>(i))), (*doors.tokens)[i]);
  }
  if (!doors.key_set) return;
  out.family("key_set_fetches_total", "counter", "Fetches of token-jwks-url, by outcome.");
  out.sample("outcome=\"ok\"", doors.key_set->fetched);
  out.sample("outcome=\"failed\"", doors.key_set->failed);
  out.family("key_set_age_seconds", "gauge",
             "Time since token-jwks-url was fetched; before the first success, since the start.");
  out.sample("", number(static_cast<double>(doors.key_set->age) / 1e6));
}

void write_storage(Writer& out, const StoreCounters& storage) {
  out.gauge("storage_failing", "1 while nothing can be written to storage.", storage.failing);
  out.gauge("storage_file_bytes", "Size of the storage file and of its write-ahead log. storage-max limits the file.",
            storage.file_bytes);
  out.gauge("storage_queue_messages", "Messages that wait to be written to storage.", storage.queue_messages);
  out.gauge("storage_queue_bytes", "Memory of everything that waits to be written to storage.", storage.queue_bytes);
  out.histogram("storage_commit_seconds", "Duration of a transaction that writes to storage.", storage.commit_seconds);
  out.counter("storage_messages_total", "Messages written to storage.", storage.messages);
  out.counter("storage_message_bytes_total", "Bytes of these messages, with their publishers and tags.",
              storage.message_bytes);
  out.counter("storage_failures_total", "Transactions that failed.", storage.failures);
  out.counter("storage_refused_total", "Messages that could not be written to storage.", storage.refused);
  out.counter("storage_reads_total", "Reads of messages that are not in memory.", storage.reads);
  out.counter("storage_read_failures_total", "Reads of messages or rooms that failed.", storage.read_failures);
  out.counter("storage_restored_rooms_total", "Rooms read from storage, when they were first used.", storage.restored);
  out.family("storage_removed_total", "counter",
             "Messages removed from storage: expired ones by history-size, history-bytes and history-age, evicted ones "
             "by storage-max.");
  out.sample("cause=\"expired\"", storage.trimmed - storage.evicted);
  out.sample("cause=\"evicted\"", storage.evicted);
  out.counter("storage_lost_records_total",
              "Revocations and other records that could not be written and are in memory only.",
              storage.dropped_records);
}

void write_broker(Writer& out, const BrokerCounters& broker) {
  out.gauge("redis_servers", "Redis servers that rooms are spread over.", broker.servers);
  out.gauge("redis_servers_up", "Redis servers that can be used now.", broker.servers_up);
  out.counter("redis_connections_total", "Times that a Redis server could be used, again or for the first time.",
              broker.connections);
  out.counter("redis_failures_total",
              "Times that a Redis server could not be used: attempts that failed, and connections that ended.",
              broker.failures);
  out.gauge("redis_unanswered", "Commands that wait for their answers.", broker.unanswered);
  out.counter("redis_errors_total", "Commands that Redis refused.", broker.errors);
  out.gauge("nodes", "Nodes that share rooms, this one included.", broker.nodes);
  out.gauge("shared_rooms", "Shared rooms that this node reads.", broker.rooms);
  out.gauge("shared_messages_waiting", "Messages that wait for a Redis server.", broker.waiting);
  out.family("shared_messages_published_total", "counter",
             "Messages for shared rooms from this node: done; unavailable, refused because Redis was away; uncertain, "
             "nobody knows.");
  out.sample("outcome=\"done\"", broker.published);
  out.sample("outcome=\"unavailable\"", broker.unavailable);
  out.sample("outcome=\"uncertain\"", broker.uncertain);
  out.counter("shared_messages_received_total", "Messages, joins and leaves that Redis sent to this node.",
              broker.received);
  out.counter("shared_messages_repeated_total", "Messages that came although they had been delivered.",
              broker.repeated);
  out.counter("shared_messages_fetched_total", "Messages that were missing and were read from Redis.", broker.fetched);
  out.counter("shared_comparisons_total", "Comparisons of a room's position with Redis.", broker.comparisons);
  out.counter("shared_gaps_total", "Times that the readers of a room were told that they missed messages.",
              broker.gaps);
  out.counter("shared_renewals_total", "Rooms of this server that began a new epoch because Redis had lost messages.",
              broker.renewals);
  out.counter("shared_foreign_total", "Payloads in this server's channels and keys that cannot be read.",
              broker.foreign);
}

}  // namespace

std::string metrics_text(const Hub& hub, const ServerFacts& facts) {
  Writer out;
  out.family("build_info", "gauge", "Versions of the server, and the way it sends messages.");
  out.sample(label("version", LWS_CHAT_VERSION) + "," + label("libwebsockets", facts.lws_version) + "," +
                 label("fanout", facts.fanout),
             1);
  out.gauge("draining", "1 while the server is shutting down.", facts.draining);
  write_dialects(out, hub.counters());
  write_rooms(out, hub);
  write_messages(out, hub.counters());
  write_compression(out, facts);
  write_ends(out, hub.counters());
  out.family("api_calls_total", "counter", "Requests to the server API, by method and HTTP status.");
  for (const auto& [call, count] : facts.api_calls)
    out.sample(label("method", call.first) + "," + label("status", std::to_string(call.second)), count);
  write_hooks(out, facts.doors);
  write_tokens(out, facts.doors);
  if (facts.storage) write_storage(out, *facts.storage);
  if (facts.broker) write_broker(out, *facts.broker);
  if (facts.certificates.empty()) return out.take();
  out.family("certificate_expiry_timestamp_seconds", "gauge", "Expiry of the certificates in use.");
  for (const auto& [vhost, expiry] : facts.certificates)
    out.sample(label("vhost", vhost.first) + "," + label("port", std::to_string(vhost.second)), expiry);
  return out.take();
}

}  // namespace lws_chat
