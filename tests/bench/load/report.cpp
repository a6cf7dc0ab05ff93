#include "report.h"

#include <cstdio>

namespace bench {
namespace {

class JsonObject {
 public:
  void raw(const char* key, const std::string& value) {
    text_ += (text_.empty() ? "\"" : ", \"") + std::string(key) + "\": " + value;
  }
  void add(const char* key, uint64_t value) { raw(key, std::to_string(value)); }
  void add(const char* key, bool value) { raw(key, value ? "true" : "false"); }
  void add(const char* key, double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.6g", value);
    raw(key, text);
  }
  void add(const char* key, const std::string& value) {
    std::string quoted = "\"";
    for (char c : value) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    raw(key, quoted + "\"");
  }
  void add(const char* key, const Histogram& values) {
    JsonObject object;
    for (auto [name, share] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}})
      object.add(name, seconds(values.quantile(share)) * 1e3);
    object.add("max", seconds(values.max()) * 1e3);
    raw(key, object.text());
  }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

double each(Nanoseconds cpu, uint64_t count) { return count ? seconds(cpu) * 1e6 / static_cast<double>(count) : 0; }

double share(Nanoseconds cpu, Nanoseconds wall) { return wall ? seconds(cpu) / seconds(wall) * 100 : 0; }

void add_sending(JsonObject& json, const Report& report) {
  json.add("sent", report.sent);
  json.add("expected", report.expected);
  json.add("delivered", report.delivered);
  json.add("elsewhere", report.elsewhere);
  json.add("in_time", report.in_time);
  json.add("seconds", seconds(report.sending));
  json.add("seconds_to_last", seconds(report.measured));
  json.add("deliveries_per_second",
           report.sending ? static_cast<double>(report.while_sending) / seconds(report.sending) : 0);
  json.add("cpu_us_per_delivery", each(report.server_cpu, report.delivered - report.elsewhere));
  json.add("bytes_per_frame", report.frame_bytes);
  json.add("server_cpu_percent", share(report.server_cpu, report.measured));
  json.add("generator_cpu_percent", share(report.generator_cpu, report.measured));
  json.add("latency_ms", report.latency);
  json.add("generator_late_ms", report.tardiness);
}

std::string beside(const Report& report) {
  std::string all;
  for (const Beside& group : report.beside) {
    JsonObject json;
    json.add("memory_before", group.memory_before);
    json.add("memory_connected", group.memory_connected);
    json.add("idle_cpu_percent", share(group.settle_cpu, report.settled));
    json.add("cpu_us_per_message", each(group.cpu, report.sent));
    json.add("cpu_percent", share(group.cpu, report.measured));
    all += (all.empty() ? "" : ", ") + json.text();
  }
  return "[" + all + "]";
}

void add_posting(JsonObject& json, const Report& report) {
  json.add("requests", report.answering.count());
  json.add("requests_per_second", static_cast<double>(report.answered_while_sending) / seconds(report.sending));
  json.add("cpu_us_per_request", each(report.server_cpu, report.answering.count()));
  json.add("answer_ms", report.answering);
}

}  // namespace

std::string to_json(const Options& options, const Report& report) {
  JsonObject json;
  if (!report.error.empty()) {
    json.add("error", report.error);
    return json.text();
  }
  json.add("readers", uint64_t{options.readers});
  json.add("stalled", uint64_t{options.stalled});
  json.add("publishers", uint64_t{options.publishers});
  json.add("rooms", uint64_t{options.rooms});
  json.add("connect_seconds", seconds(report.connecting));
  json.add("connects_per_second", report.connecting ? report.open / seconds(report.connecting) : 0);
  json.add("connect_cpu_us", each(report.connect_cpu, report.open));
  json.add("handshake_ms", report.handshake);
  json.add("memory_before", report.memory_before);
  json.add("memory_connected", report.memory_connected);
  json.add("memory_after", report.memory_after);
  json.add("bytes_per_connection",
           (static_cast<double>(report.memory_connected) - static_cast<double>(report.memory_before)) / report.open);
  json.add("idle_cpu_percent", share(report.settle_cpu, report.settled));
  json.add("overloaded", report.overloaded);
  json.add("arrived", report.arrived);
  if (report.sending) add_sending(json, report);
  bool posted = !options.post.empty();
  if (report.sending && posted) add_posting(json, report);
  if (!report.beside.empty()) json.raw("beside", beside(report));
  JsonObject faults;
  if (report.overloaded)
    faults.raw("lost", "null");
  else
    faults.add("lost", report.faults.lost);
  faults.add("duplicated", report.faults.duplicated);
  faults.add("reordered", report.faults.reordered);
  faults.add("damaged", report.faults.damaged);
  faults.add("foreign", report.faults.foreign);
  if (posted) {
    faults.add("refused", report.refused);
    faults.add("without_offset", report.without_offset);
    faults.add("offsets_missing", report.offsets.missing);
    faults.add("offsets_repeated", report.offsets.repeated);
  }
  faults.add("ended", uint64_t{report.ended});
  json.raw("faults", faults.text());
  if (report.ended) json.add("why_ended", report.why_ended);
  return json.text();
}

}  // namespace bench
