// One run: connect everybody, wait, send for a while, see that all has arrived.
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

  // The clients are the readers, then those who stall, then those who post.
  Role role_of(uint32_t number) const;
  uint32_t room_of(uint32_t number) const;
  uint32_t first_publisher() const { return posting() ? options_.readers + options_.stalled : 0; }
  bool posting() const { return !options_.post.empty(); }
  void connect(uint32_t number);
  bool connect_all();
  void settle();
  void warm_up();
  void measure();

  // Send for so long: by the clock, or a window.
  void send_for(double duration);
  void send_by_clock(Nanoseconds begin, Nanoseconds end);
  void send_window(Nanoseconds end);
  void drain();

  // Serves the connections once, or waits for the time.
  void turn(Nanoseconds until);
  size_t serve(int epoll, Nanoseconds wait);
  // Whether all has arrived and was answered.
  bool done() const { return ledger_.delivered() == ledger_.expected() && unanswered_ == 0; }
  bool stuck() const { return !done() && now() - progress_ > give_up_; }
  void publish(uint32_t publisher);

  const Options& options_;
  Network network_;
  ProcessGroup server_;
  MessageFormat format_;
  uint32_t run_;
  Ledger ledger_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::pair<double, uint32_t>> phases_;  // when in a period each publisher sends, in order
  std::vector<Nanoseconds> asked_;                   // when each publisher has posted last
  std::vector<Offsets> offsets_;                     // by room, what was answered
  uint32_t unanswered_ = 0;                          // requests
  Nanoseconds give_up_;
  Nanoseconds progress_ = 0;  // when something was last delivered, or began to be due
  uint32_t open_ = 0;
  uint32_t failed_ = 0;
  bool windowed_ = false;  // sending on each delivery
  bool overloaded_ = false;
  Report report_;
};

}  // namespace bench
