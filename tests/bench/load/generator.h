// One run: connect everybody, wait, send for a while, see that all has arrived.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client.h"
#include "ledger.h"
#include "message.h"
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
  void ended(Client& client, const std::string& why) override;

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
  bool stuck() const { return ledger_.delivered() < ledger_.expected() && now() - progress_ > give_up_; }
  void publish(uint32_t publisher);

  const Options& options_;
  Network network_;
  ProcessGroup server_;
  MessageFormat format_;
  uint32_t run_;
  Ledger ledger_;
  std::vector<std::unique_ptr<Client>> clients_;     // the readers, then those who stall
  std::vector<std::pair<double, uint32_t>> phases_;  // when in a period each publisher sends, in order
  Nanoseconds give_up_;
  Nanoseconds progress_ = 0;  // when something was last delivered, or began to be due
  uint32_t open_ = 0;
  uint32_t failed_ = 0;
  bool windowed_ = false;  // sending on each delivery
  bool overloaded_ = false;
  Report report_;
};

}  // namespace bench
