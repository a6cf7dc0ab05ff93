// The lowest cost of a broadcast: epoll and the sends, nothing else. Built twice: with one send per client and message,
// and (BENCH_COALESCE) with one send per client and turn of the loop, for all messages of that turn. Each path is a
// room. It has no limits and no checks, because it serves only the generator.
//
//   bench_floor_send PORT [--drop-every N] [--duplicate-every N] [--swap-every N] [--damage-every N]
//                          [--fragment-every N]
//
// These options test the generator: every Nth delivery has a fault that it must find, or comes in two frames, which is
// correct.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "websocket.h"

namespace {

using bench::Frame;
using bench::Opcode;

#ifdef BENCH_COALESCE
constexpr bool kCoalesce = true;
#else
constexpr bool kCoalesce = false;
#endif

// Most bytes that wait for a client that does not read.
constexpr size_t kMostUnsent = size_t{1} << 20;

struct Room;

struct Connection {
  int fd = -1;
  Room* room = nullptr;
  size_t index = 0;  // in the room's members
  bool ended = false;
  bool watches_writeable = false;
  std::string unparsed;
  std::string unsent;
  std::string held_back;  // for --swap-every, until the next message
};

struct Room {
  std::vector<Connection*> members;
  std::string turn;  // coalescing: the frames of this turn
  bool dirty = false;
};

struct Faults {
  uint64_t drop = 0, duplicate = 0, swap = 0, damage = 0, fragment = 0;
  uint64_t deliveries = 0;
  bool any() const { return drop || duplicate || swap || damage || fragment; }
};

class Floor {
 public:
  Floor(uint16_t port, const Faults& faults);
  [[noreturn]] void run();

 private:
  void accept_all();
  void handle(Connection& connection, uint32_t events);
  size_t handshake(Connection& connection, std::string_view request);
  void receive(Connection& connection, const Frame& frame);
  void broadcast(Room& room, const std::string& frame);
  void deliver(Connection& member, std::string_view frame);
  void deliver_faulty(Connection& member, std::string_view frame);
  void write(Connection& connection, std::string_view bytes);
  void watch(Connection& connection, bool writeable);
  void end(Connection& connection);
  void end_turn();

  int epoll_;
  int listener_;
  Faults faults_;
  std::unordered_map<std::string, std::unique_ptr<Room>> rooms_;
  std::vector<Room*> dirty_;
  std::vector<Connection*> ended_;  // deleted when no event can refer to them any more
  std::string frame_;
  std::array<char, 1 << 18> buffer_{};
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

// RFC 6455 section 5.4.
std::string in_two_frames(std::string frame) {
  Frame whole = bench::first_frame(frame.data(), frame.size());
  std::string_view payload(whole.payload, whole.payload_size);
  size_t half = payload.size() / 2;
  std::string first, second;
  bench::append_frame(first, Opcode::kText, payload.substr(0, half), nullptr);
  bench::append_frame(second, Opcode::kContinuation, payload.substr(half), nullptr);
  first[0] = static_cast<char>(first[0] & 0x7f);  // not final
  return first + second;
}

Floor::Floor(uint16_t port, const Faults& faults)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      faults_(faults) {
  if (epoll_ < 0 || listener_ < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (listen(listener_, 4096) != 0) fail("listen");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) != 0) fail("epoll_ctl");
}

void Floor::run() {
  std::array<epoll_event, 512> events;
  for (;;) {
    int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.ptr)
        handle(*static_cast<Connection*>(event.data.ptr), event.events);
      else
        accept_all();
    }
    end_turn();
  }
}

void Floor::accept_all() {
  for (;;) {
    int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto* connection = new Connection;
    connection->fd = fd;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = connection;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }
}

void Floor::handle(Connection& connection, uint32_t events) {
  if (connection.ended) return;
  if (events & EPOLLOUT) {
    std::string waiting = std::move(connection.unsent);
    connection.unsent.clear();
    write(connection, waiting);
  }
  if (connection.ended || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  size_t kept = connection.unparsed.size();
  std::memcpy(buffer_.data(), connection.unparsed.data(), kept);
  ssize_t got = recv(connection.fd, buffer_.data() + kept, buffer_.size() - kept, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return end(connection);
  size_t size = kept + static_cast<size_t>(got);
  size_t used = connection.room ? 0 : handshake(connection, {buffer_.data(), size});
  while (connection.room && !connection.ended) {
    Frame frame = bench::first_frame(buffer_.data() + used, size - used);
    if (frame.size == 0) break;
    used += frame.size;
    receive(connection, frame);
  }
  if (!connection.ended) connection.unparsed.assign(buffer_.data() + used, size - used);
}

size_t Floor::handshake(Connection& connection, std::string_view request) {
  size_t size = request.find("\r\n\r\n");
  if (size == std::string_view::npos) return 0;
  constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
  size_t key = request.find(kKey);
  size_t path_end = request.find(' ', 4);
  if (key > size || path_end > size) return end(connection), 0;
  key += kKey.size();
  std::string path(request.substr(4, path_end - 4));
  std::unique_ptr<Room>& room = rooms_[path];
  if (!room) room = std::make_unique<Room>();
  connection.room = room.get();
  connection.index = room->members.size();
  room->members.push_back(&connection);
  write(connection,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
            bench::accept_of(request.substr(key, request.find('\r', key) - key)) + "\r\n\r\n");
  return size + 4;
}

void Floor::receive(Connection& connection, const Frame& frame) {
  if (frame.masked) bench::apply_mask(frame.payload, frame.payload_size, frame.payload - 4);
  if (frame.opcode == Opcode::kClose) return end(connection);
  if (frame.opcode != Opcode::kText || !frame.final) return;
  frame_.clear();
  bench::append_frame(frame_, Opcode::kText, {frame.payload, frame.payload_size}, nullptr);
  broadcast(*connection.room, frame_);
}

void Floor::broadcast(Room& room, const std::string& frame) {
  if (kCoalesce) {
    room.turn += frame;
    if (!room.dirty) dirty_.push_back(&room);
    room.dirty = true;
    return;
  }
  // Backwards, because the last member takes the place of one that ends.
  for (size_t i = room.members.size(); i-- > 0;) deliver(*room.members[i], frame);
}

void Floor::end_turn() {
  for (Room* room : dirty_) {
    for (size_t i = room->members.size(); i-- > 0;) write(*room->members[i], room->turn);
    room->turn.clear();
    room->dirty = false;
  }
  dirty_.clear();
  for (Connection* connection : ended_) delete connection;
  ended_.clear();
}

void Floor::deliver(Connection& member, std::string_view frame) {
  if (faults_.any()) return deliver_faulty(member, frame);
  write(member, frame);
}

void Floor::deliver_faulty(Connection& member, std::string_view frame) {
  uint64_t n = ++faults_.deliveries;
  if (faults_.drop && n % faults_.drop == 0) return;
  if (faults_.swap && n % faults_.swap == 0 && member.held_back.empty()) {
    member.held_back = frame;
    return;
  }
  std::string sent(frame);
  if (faults_.damage && n % faults_.damage == 0) sent.back() = '!';
  if (faults_.duplicate && n % faults_.duplicate == 0) sent += frame;
  if (faults_.fragment && n % faults_.fragment == 0) sent = in_two_frames(sent);
  write(member, sent + member.held_back);
  member.held_back.clear();
}

void Floor::write(Connection& connection, std::string_view bytes) {
  if (connection.ended) return;
  if (connection.unsent.empty()) {
    ssize_t sent = send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return end(connection);
    if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
  }
  if (!bytes.empty()) connection.unsent += bytes;
  if (connection.unsent.size() > kMostUnsent) return end(connection);
  watch(connection, !connection.unsent.empty());
}

void Floor::watch(Connection& connection, bool writeable) {
  if (connection.watches_writeable == writeable) return;
  connection.watches_writeable = writeable;
  epoll_event event{};
  event.events = writeable ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.ptr = &connection;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void Floor::end(Connection& connection) {
  if (connection.ended) return;
  connection.ended = true;
  close(connection.fd);
  if (Room* room = connection.room) {
    room->members[connection.index] = room->members.back();
    room->members[connection.index]->index = connection.index;
    room->members.pop_back();
  }
  ended_.push_back(&connection);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc % 2) {
    std::fprintf(stderr, "Usage: %s PORT\n", argv[0]);
    return 2;
  }
  Faults faults;
  for (int i = 2; i + 1 < argc; i += 2) {
    std::string_view name = argv[i];
    uint64_t every = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--drop-every") faults.drop = every;
    if (name == "--duplicate-every") faults.duplicate = every;
    if (name == "--swap-every") faults.swap = every;
    if (name == "--fragment-every") faults.fragment = every;
    if (name == "--damage-every") faults.damage = every;
  }
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  auto floor = std::make_unique<Floor>(static_cast<uint16_t>(std::atoi(argv[1])), faults);
  floor->run();
}
