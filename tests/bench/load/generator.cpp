#include "generator.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <system_error>

namespace bench {
namespace {

// Events per epoll_wait(). Few, so that the clock is read often.
constexpr size_t kEvents = 64;

// A server that keeps up has delivered all messages this long after the last one.
constexpr Nanoseconds kGrace = kSecond / 4;

// Time to look for duplicates after all messages have arrived.
constexpr Nanoseconds kAftermath = kSecond / 20;

std::string numbered(std::string name, uint32_t room) {
  size_t mark = name.find('%');
  return mark == std::string::npos ? name : name.replace(mark, 1, std::to_string(room));
}

// Publishers are independent: each sends at the same rate, but at times of its own. The times are the same in every
// run.
std::vector<std::pair<double, uint32_t>> choose_phases(uint32_t publishers) {
  std::mt19937 random(1);
  std::vector<std::pair<double, uint32_t>> phases;
  for (uint32_t i = 0; i < publishers; ++i)
    phases.emplace_back(publishers == 1 ? 0 : static_cast<double>(random()) / 4294967296.0, i);
  std::sort(phases.begin(), phases.end());
  return phases;
}

Nanoseconds own_cpu() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace

Generator::Generator(const Options& options)
    : options_(options),
      network_(options),
      server_(options.group),
      beside_(options.beside.begin(), options.beside.end()),
      format_(options.message_size, options.json),
      run_(std::random_device{}()),
      ledger_(run_, options.readers, options.publishers, options.rooms),
      phases_(choose_phases(options.publishers)),
      asked_(options.publishers, 0),
      offsets_(options.rooms),
      give_up_(from_seconds(options.give_up)) {
  uint32_t all = options.readers + options.stalled + (posting() ? options.publishers : 0);
  clients_.reserve(all);
  for (uint32_t i = 0; i < all; ++i) clients_.push_back(std::make_unique<Client>(network_, *this, i, role_of(i)));
}

Role Generator::role_of(uint32_t number) const {
  Role role;
  role.publishes = number >= first_publisher() && number - first_publisher() < options_.publishers;
  role.stalled = number >= options_.readers && !role.publishes;
  if (role.publishes && posting())
    role.speech = Speech::kPosts;
  else if (!role.publishes && !options_.events.empty())
    role.speech = Speech::kEvents;
  else if (!options_.channel.empty())
    role.speech = options_.subprotocol == "centrifuge-protobuf" ? Speech::kProto : Speech::kStructured;
  return role;
}

uint32_t Generator::room_of(uint32_t number) const {
  bool posts = posting() && number >= first_publisher();
  return (posts ? number - first_publisher() : number) % options_.rooms;
}

void Generator::connect(uint32_t number) {
  Client& client = *clients_[number];
  Speech speech = client.role().speech;
  const std::string& path = speech == Speech::kPosts    ? options_.post
                            : speech == Speech::kEvents ? options_.events
                                                        : options_.path;
  client.connect(numbered(path, room_of(number)), numbered(options_.channel, room_of(number)));
}

Report Generator::run() {
  server_.refresh();
  report_.memory_before = server_.resident();
  for (ProcessGroup& group : beside_) {
    group.refresh();
    report_.beside.emplace_back().memory_before = group.resident();
  }
  if (!connect_all()) return report_;
  settle();
  if (options_.rate > 0 || options_.burst || options_.window) {
    warm_up();
    if (!overloaded_) measure();
    for (Nanoseconds end = now() + kAftermath; !overloaded_ && now() < end;) turn(end);
  }
  report_.memory_after = server_.resident();
  if (network_.frames > 0)
    report_.frame_bytes = static_cast<double>(network_.frame_bytes) / static_cast<double>(network_.frames);
  report_.overloaded = overloaded_;
  if (ledger_.expected())
    report_.arrived = static_cast<double>(ledger_.delivered()) / static_cast<double>(ledger_.expected());
  report_.faults = ledger_.close();
  for (Offsets& offsets : offsets_) {
    Offsets::Faults faults = offsets.close();
    report_.offsets.missing += faults.missing;
    report_.offsets.repeated += faults.repeated;
  }
  return report_;
}

bool Generator::connect_all() {
  Nanoseconds begin = now();
  Nanoseconds deadline = begin + from_seconds(options_.patience);
  Nanoseconds cpu = server_.cpu_time();
  uint32_t begun = 0;
  while (open_ < clients_.size()) {
    for (; begun < clients_.size() && begun - open_ < options_.connecting && !failed_; ++begun) connect(begun);
    if (failed_) {
      report_.error = report_.why_ended;
      return false;
    }
    if (now() > deadline) {
      report_.error = "only " + std::to_string(open_) + " of " + std::to_string(clients_.size()) + " connected";
      return false;
    }
    turn(deadline);
  }
  report_.open = open_;
  report_.connecting = now() - begin;
  report_.connect_cpu = server_.cpu_time() - cpu;
  return true;
}

void Generator::settle() {
  Nanoseconds begin = now();
  Nanoseconds end = begin + from_seconds(options_.settle);
  // Count only the second half. In the first half, servers still have work with the new connections.
  while (now() < begin + (end - begin) / 2) turn(begin + (end - begin) / 2);
  Nanoseconds half = now();
  Nanoseconds cpu = server_.cpu_time();
  for (size_t i = 0; i < beside_.size(); ++i) report_.beside[i].settle_cpu = -beside_[i].cpu_time();
  while (now() < end) turn(end);
  report_.settled = now() - half;
  server_.refresh();
  report_.settle_cpu = server_.cpu_time() - cpu;
  report_.memory_connected = server_.resident();
  for (size_t i = 0; i < beside_.size(); ++i) {
    report_.beside[i].settle_cpu += beside_[i].cpu_time();
    report_.beside[i].memory_connected = beside_[i].resident();
  }
}

void Generator::warm_up() {
  if (options_.warmup <= 0) return;
  send_for(options_.warmup);
  drain();
}

void Generator::measure() {
  report_.latency.clear();
  report_.tardiness.clear();
  report_.answering.clear();
  uint64_t sent = ledger_.sent();
  uint64_t expected = ledger_.expected();
  uint64_t delivered = ledger_.delivered();
  uint64_t elsewhere = elsewhere_;
  Nanoseconds cpu = server_.cpu_time();
  for (size_t i = 0; i < beside_.size(); ++i) report_.beside[i].cpu = -beside_[i].cpu_time();
  Nanoseconds generator_cpu = own_cpu();
  Nanoseconds begin = now();
  send_for(options_.duration);
  report_.sending = now() - begin;
  report_.while_sending = ledger_.delivered() - delivered;
  report_.answered_while_sending = report_.answering.count();
  for (Nanoseconds end = now() + kGrace; now() < end && !overloaded_ && !done();) turn(end);
  report_.in_time = ledger_.delivered() - delivered;
  drain();
  report_.measured = now() - begin;
  report_.server_cpu = server_.cpu_time() - cpu;
  for (size_t i = 0; i < beside_.size(); ++i) report_.beside[i].cpu += beside_[i].cpu_time();
  report_.generator_cpu = own_cpu() - generator_cpu;
  report_.sent = ledger_.sent() - sent;
  report_.expected = ledger_.expected() - expected;
  report_.delivered = ledger_.delivered() - delivered;
  report_.elsewhere = elsewhere_ - elsewhere;
}

void Generator::send_for(double duration) {
  Nanoseconds begin = now();
  Nanoseconds end = begin + from_seconds(duration);
  if (options_.window)
    send_window(end);
  else
    send_by_clock(begin, end);
}

void Generator::send_by_clock(Nanoseconds begin, Nanoseconds end) {
  // One publisher sends a burst. They take turns.
  double period = options_.burst ? options_.interval * options_.publishers : options_.publishers / options_.rate;
  uint32_t copies = std::max(options_.burst, 1U);
  auto due = [&](uint64_t k) {
    double phase = options_.burst ? static_cast<double>(k % phases_.size()) / options_.publishers
                                  : phases_[k % phases_.size()].first;
    return begin + from_seconds((static_cast<double>(k / phases_.size()) + phase) * period);
  };
  uint64_t k = 0;
  while (!overloaded_ && !failed_ && now() < end) {
    for (; due(k) < end && due(k) <= now() && !failed_; ++k) {
      uint32_t publisher = phases_[k % phases_.size()].second;
      report_.tardiness.add(now() - due(k));
      for (uint32_t i = 0; i < copies; ++i) publish(publisher);
      clients_[publisher]->flush();
    }
    turn(std::min(due(k), end));
    if (stuck()) overloaded_ = true;
  }
}

void Generator::send_window(Nanoseconds end) {
  windowed_ = true;
  for (uint32_t publisher = 0; publisher < options_.publishers; ++publisher) {
    for (uint32_t i = 0; i < options_.window; ++i) publish(publisher);
    clients_[first_publisher() + publisher]->flush();
  }
  while (!overloaded_ && !failed_ && now() < end) {
    turn(end);
    if (stuck()) overloaded_ = true;
  }
  windowed_ = false;
}

// Waits until all messages have arrived, or no more arrive.
void Generator::drain() {
  while (!overloaded_ && !done() && !stuck()) turn(progress_ + give_up_ + 1);
}

void Generator::publish(uint32_t publisher) {
  Client& client = *clients_[first_publisher() + publisher];
  if (!client.open()) return;
  Nanoseconds time = now();
  if (done()) progress_ = time;
  if (posting()) {
    asked_[publisher] = time;
    ++unanswered_;
  }
  client.queue_text(format_.write({run_, publisher, ledger_.send(publisher), time}));
}

void Generator::turn(Nanoseconds until) {
  // Publishers stand for other machines, so in a closed loop they do not wait for all readers. Only a few rounds,
  // because the clock and the readers need their turn.
  for (int round = 0; windowed_ && round < 4 && serve(network_.publishers_epoll, 0) > 0; ++round) {
  }
  serve(network_.epoll, std::max<Nanoseconds>(until - now(), 0));
}

// Waits for ready descriptors, for this long at most, and handles them. Returns their number.
size_t Generator::serve(int epoll, Nanoseconds wait) {
  timespec timeout{};
  timeout.tv_sec = wait / kSecond;
  timeout.tv_nsec = wait % kSecond;
  std::array<epoll_event, kEvents> events;
  int count = epoll_pwait2(epoll, events.data(), kEvents, &timeout, nullptr);
  if (count < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "epoll_pwait2");
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (event.data.u32 == Network::kGroup)
      serve(network_.publishers_epoll, 0);
    else
      clients_[event.data.u32]->handle(event.events);
  }
  return static_cast<size_t>(std::max(count, 0));
}

void Generator::opened(Client& client) {
  ++open_;
  report_.handshake.add(now() - client.began());
}

void Generator::received(Client& client, std::string_view text, Nanoseconds when) {
  if (client.number() >= options_.readers) return;
  Message message;
  if (!format_.read(text, message)) return ledger_.receive_damaged();
  if (!ledger_.receive(client.number(), message)) return;
  progress_ = when;
  if (elsewhere(client))
    ++elsewhere_;
  else
    report_.latency.add(when - message.sent);
  if (when - message.sent > give_up_) overloaded_ = true;
  if (windowed_ && !posting() && client.number() == message.publisher) publish(message.publisher);
}

void Generator::answered(Client& client, const Answer& answer, Nanoseconds when) {
  uint32_t publisher = client.number() - first_publisher();
  --unanswered_;
  progress_ = when;
  report_.answering.add(when - asked_[publisher]);
  if (answer.status / 100 != 2)
    ++report_.refused;
  else if (answer.offset == 0)
    ++report_.without_offset;
  else
    offsets_[publisher % options_.rooms].add(answer.offset);
  if (windowed_) publish(publisher);
}

void Generator::ended(Client& client, const std::string& why) {
  if (!client.role().stalled || open_ < clients_.size()) ++failed_;
  if (!report_.ended++) report_.why_ended = why;
}

}  // namespace bench
