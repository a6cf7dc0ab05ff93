// One run: connect all clients, wait, send for a while, verify that all messages arrive.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client.h"
#include "ledger.h"
#include "message.h"
#include "offsets.h"
#include "options.h"
#include "process_group.h"
#include "report.h"

namespace bench {

class Generator final : public Client::Owner {
 public:
  explicit Generator(const Options& options);

  // Call once.
  Report run();

 private:
  void opened(Client& client) override;
  void received(Client& client, std::string_view text, Nanoseconds when) override;
  void answered(Client& client, const Answer& answer, Nanoseconds when) override;
  void ended(Client& client, const std::string& why) override;

  // The clients are the readers, then the stalled ones, then those that post.
  Role role_of(uint32_t number) const;
  uint32_t room_of(uint32_t number) const;
  uint32_t first_publisher() const { return posting() ? options_.readers + options_.stalled : 0; }
  // True if it is not connected to the server that is measured.
  bool elsewhere(const Client& client) const { return options_.publish_port && client.role().publishes; }
  bool posting() const { return !options_.post.empty(); }
  void connect(uint32_t number);
  bool connect_all();
  void settle();
  void warm_up();
  void measure();

  // Send for this long: by the clock, or with a window.
  void send_for(double duration);
  void send_by_clock(Nanoseconds begin, Nanoseconds end);
  void send_window(Nanoseconds end);
  void drain();

  // Serves the connections once, or waits until this time.
  void turn(Nanoseconds until);
  size_t serve(int epoll, Nanoseconds wait);
  // True if all messages have arrived and all requests have their answers.
  bool done() const { return ledger_.delivered() == ledger_.expected() && unanswered_ == 0; }
  bool stuck() const { return !done() && now() - progress_ > give_up_; }
  void publish(uint32_t publisher);

  const Options& options_;
  Network network_;
  ProcessGroup server_;
  std::vector<ProcessGroup> beside_;
  MessageFormat format_;
  uint32_t run_;
  Ledger ledger_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::pair<double, uint32_t>> phases_;  // time within a period and publisher, sorted by time
  std::vector<Nanoseconds> asked_;                   // time of each publisher's last post
  std::vector<Offsets> offsets_;                     // offsets in answers, by room
  uint64_t elsewhere_ = 0;                           // deliveries to clients elsewhere
  uint32_t unanswered_ = 0;                          // requests
  Nanoseconds give_up_;
  Nanoseconds progress_ = 0;  // time of the last delivery, or when the first one was due
  uint32_t open_ = 0;
  uint32_t failed_ = 0;
  bool windowed_ = false;  // sending on each delivery
  bool overloaded_ = false;
  Report report_;
};

}  // namespace bench
