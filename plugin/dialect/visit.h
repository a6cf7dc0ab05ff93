#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/options.h"
#include "core/deferred.h"
#include "core/identity.h"
#include "core/memory_account.h"
#include "dialect/arrival.h"
#include "dialect/sessions.h"
#include "dialect/visitor.h"

namespace lws_chat {

// How a session of a text client or an event stream ends for this denial.
Ending ending_of(const Denial& denial);

// The stay of a client about which a token or a back end has said something, in a dialect whose clients cannot say more
// later: a text client or an event stream. It ends when its time is over, and back ends can reach it. Most sessions of
// these dialects have none.
class Visit : public Visitor {
 public:
  // Takes the pass of an arrival that was not denied.
  Visit(Arrival& arrival, const Options& options);
  virtual ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  // Returns true if the hub has the memory for it. To be called once; from now on back ends can reach the client.
  [[nodiscard]] bool begin();

  // The client is in its rooms: from now on something may expire. The visit may have ended when this returns.
  void entered(Time now);

  // The time given to call_at() has come.
  void time_is_up(Time now);

  // The client is gone. May be called again.
  void leave();

  const Pass& pass() const { return pass_; }
  Doorman& doorman() const { return doorman_; }

  // What others see of the client in general, and in the room of that number. nullptr: they do not see it there.
  const IdentityPtr& identity() const { return identity_; }
  IdentityPtr identity_in(size_t room) const;

  // From Visitor.
  bool is(std::string_view user, std::string_view client, std::string_view session) const override;
  const std::string& client_id() const override { return pass_.client; }
  Status invite(std::string_view room, const InvitationPtr& invitation, const Position* seen, Time now) override;
  void renew(const Renewal& renewal, Time now) override;
  void check_revoked(Time now) override;

 protected:
  // From the session's link.
  virtual int64_t unix_seconds() = 0;
  virtual Time now() = 0;
  virtual void call_at(Time due) = 0;
  virtual void note_denial(const Denial& denial) = 0;

 private:
  template <typename Act>
  void ask(Deferred<Outcome<RefreshResult>> answer, Act act);
  bool server_renews() const { return doorman_.has_hook(HookKind::kRefresh); }
  bool server_renews(const Pass::Room& room) const;
  int64_t due_at() const;
  int64_t due_at(const Pass::Room& room) const;
  void schedule_expiry(Time now);
  void ask_to_renew();
  void ask_to_renew(Pass::Room& room);

  Hub& hub_;
  Sessions& sessions_;
  Doorman& doorman_;
  const Options& options_;
  Pass pass_;
  IdentityPtr identity_;
  Expiry expiry_;  // of the connection
  bool left_ = false;
  Sessions::Place place_;
  MemoryAccount::Charge charge_;
  Lifetime lifetime_;
};

}  // namespace lws_chat
