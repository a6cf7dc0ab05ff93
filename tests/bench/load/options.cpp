#include "options.h"

#include <getopt.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "message.h"

namespace bench {
namespace {

constexpr const char* kUsage =
    "Usage: bench_load --port PORT [OPTION...]\n\n"
    "Puts load on a WebSocket server that sends every text to all clients of a room, verifies every\n"
    "delivery and prints one JSON object.\n\n"
    "  --host 127.0.0.1  --port PORT  --path /chat/ (% becomes the room's number)\n"
    "  --publish-port PORT  the publishers connect to this port, which is another node with the same rooms; what they\n"
    "                       get themselves is verified, but neither timed nor counted as deliveries of the server\n"
    "  --channel NAME       the structured dialect: subscribes to that channel (% becomes the room's number)\n"
    "  --events PATH        the readers who do not publish read event streams there (% becomes the room's number)\n"
    "  --post PATH --key KEY   the publishers are no readers, but POST there, with \"Authorization: apikey KEY\"\n"
    "  --subprotocol NAME  --tls (certificates are not verified)\n"
    "  --group PGID         the server's process group, whose CPU time and memory are sampled\n"
    "  --beside PGID        another process group, sampled for itself; may be given several times\n"
    "  --readers N  --publishers N (the first readers)  --rooms N  --stalled N (further readers who never read)\n"
    "  --connecting N       handshakes under way at a time\n"
    "  --rate R             messages a second, all publishers together\n"
    "  --burst N --interval S   N messages at once every S seconds\n"
    "  --window N           closed loop: each publisher keeps N messages under way\n"
    "  --size BYTES  --json (padding that can be compressed as JSON can)\n"
    "  --deflate            the clients ask for compression; without it they take no compressed message\n"
    "  --settle S  --warmup S  --duration S\n"
    "  --give-up S          a delivery so late ends the sending: the server is overloaded\n"
    "  --patience S         for all handshakes together\n"
    "  --limit S            for the whole run\n"
    "  --cpu N              the core to run on\n";

[[noreturn]] void fail(const char* what, const char* detail) {
  std::fprintf(stderr, "bench_load: %s%s\n", what, detail);
  std::exit(2);
}

double number(const char* text, double least, double most) {
  char* end = nullptr;
  errno = 0;
  double value = std::strtod(text, &end);
  if (errno || end == text || *end || !(value >= least && value <= most)) fail("not a number in range: ", text);
  return value;
}

uint32_t count(const char* text, uint32_t least, uint32_t most) {
  return static_cast<uint32_t>(number(text, least, most));
}

constexpr option kOptions[] = {
    {"host", required_argument, nullptr, 'h'},
    {"port", required_argument, nullptr, 'p'},
    {"publish-port", required_argument, nullptr, 'A'},
    {"path", required_argument, nullptr, 'a'},
    {"channel", required_argument, nullptr, 'n'},
    {"events", required_argument, nullptr, 'E'},
    {"post", required_argument, nullptr, 'P'},
    {"key", required_argument, nullptr, 'K'},
    {"subprotocol", required_argument, nullptr, 'o'},
    {"tls", no_argument, nullptr, 't'},
    {"group", required_argument, nullptr, 'g'},
    {"beside", required_argument, nullptr, 'b'},
    {"readers", required_argument, nullptr, 'r'},
    {"publishers", required_argument, nullptr, 'u'},
    {"rooms", required_argument, nullptr, 'm'},
    {"stalled", required_argument, nullptr, 'l'},
    {"connecting", required_argument, nullptr, 'c'},
    {"rate", required_argument, nullptr, 'R'},
    {"burst", required_argument, nullptr, 'B'},
    {"interval", required_argument, nullptr, 'I'},
    {"window", required_argument, nullptr, 'W'},
    {"size", required_argument, nullptr, 's'},
    {"json", no_argument, nullptr, 'j'},
    {"deflate", no_argument, nullptr, 'f'},
    {"settle", required_argument, nullptr, 'e'},
    {"warmup", required_argument, nullptr, 'w'},
    {"duration", required_argument, nullptr, 'd'},
    {"give-up", required_argument, nullptr, 'G'},
    {"patience", required_argument, nullptr, 'T'},
    {"limit", required_argument, nullptr, 'L'},
    {"cpu", required_argument, nullptr, 'C'},
    {"help", no_argument, nullptr, '?'},
    {nullptr, 0, nullptr, 0},
};

void set(Options& options, int key, const char* value) {
  switch (key) {
    case 'h': options.host = value; break;
    case 'p': options.port = static_cast<uint16_t>(count(value, 1, 65535)); break;
    case 'A': options.publish_port = static_cast<uint16_t>(count(value, 1, 65535)); break;
    case 'a': options.path = value; break;
    case 'n': options.channel = value; break;
    case 'E': options.events = value; break;
    case 'P': options.post = value; break;
    case 'K': options.key = value; break;
    case 'o': options.subprotocol = value; break;
    case 't': options.tls = true; break;
    case 'g': options.group = static_cast<int>(count(value, 2, 1U << 30)); break;
    case 'b': options.beside.push_back(static_cast<int>(count(value, 2, 1U << 30))); break;
    case 'r': options.readers = count(value, 1, 1'000'000); break;
    case 'u': options.publishers = count(value, 1, 65535); break;
    case 'm': options.rooms = count(value, 1, 65535); break;
    case 'l': options.stalled = count(value, 0, 100'000); break;
    case 'c': options.connecting = count(value, 1, 100'000); break;
    case 'R': options.rate = number(value, 0.01, 10'000'000); break;
    case 'B': options.burst = count(value, 1, 100'000); break;
    case 'I': options.interval = number(value, 0.001, 3600); break;
    case 'W': options.window = count(value, 1, 100'000); break;
    case 's': options.message_size = count(value, kHeaderSize, 65536); break;
    case 'j': options.json = true; break;
    case 'f': options.deflate = true; break;
    case 'e': options.settle = number(value, 0, 600); break;
    case 'w': options.warmup = number(value, 0, 600); break;
    case 'd': options.duration = number(value, 0, 600); break;
    case 'G': options.give_up = number(value, 0.01, 600); break;
    case 'T': options.patience = number(value, 0.1, 600); break;
    case 'L': options.limit = count(value, 1, 3600); break;
    case 'C': options.cpu = static_cast<int>(count(value, 0, 1023)); break;
    default: std::fputs(kUsage, key == '?' && value == nullptr ? stdout : stderr); std::exit(key == '?' ? 0 : 2);
  }
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i)
    if (std::strcmp(argv[i], "--help") == 0) set(options, '?', nullptr);
  int key;
  while ((key = getopt_long(argc, argv, "", kOptions, nullptr)) != -1) {
    if (key == '?') std::exit(2);
    set(options, key, optarg);
  }
  if (optind < argc) fail("unexpected: ", argv[optind]);
  if (!options.port) fail("--port is missing", "");
  if ((options.rate > 0) + (options.burst > 0) + (options.window > 0) > 1)
    fail("only one of --rate, --burst, --window", "");
  uint32_t fewest = options.post.empty() ? options.publishers : options.rooms;
  if (options.readers < fewest || options.rooms > options.publishers || options.publishers % options.rooms)
    fail("readers >= publishers, and publishers a multiple of rooms, are needed", "");
  // Each connection has one request at a time.
  if (!options.post.empty() && options.window != 1) fail("--post needs --window 1", "");
  return options;
}

}  // namespace bench
