#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "access/guest.h"
#include "core/ending.h"
#include "core/log/message.h"
#include "core/publication.h"

namespace lws_chat {

// What a back end says about the time that a connection has left.
struct Renewal {
  bool expired = false;    // the connection ends
  int64_t expires_at = 0;  // Unix seconds; 0: never
};

// A session of any dialect, as back ends see it.
class Visitor {
 public:
  // Returns true if the client has this user, id and session. Empty ones are not compared.
  virtual bool is(std::string_view user, std::string_view client, std::string_view session) const = 0;

  virtual const std::string& client_id() const = 0;

  // Ends the session. Does not fail.
  virtual void end(Ending ending, Time now) = 0;

  // Ends the membership in a room, or with an empty name in all rooms, and tells the client.
  virtual void dismiss(std::string_view room, Time now) = 0;

  // Makes the client a member of a room. With `seen`, it gets the messages after that position. Answers kOk or why not,
  // also if this session's dialect has only the rooms that the client asks for.
  virtual Status invite(std::string_view room, const InvitationPtr& invitation, const Position* seen, Time now) = 0;

  // Changes when the connection expires.
  virtual void renew(const Renewal& renewal, Time now) = 0;

  // A token was revoked: if it is this session's, the session or the membership ends.
  virtual void check_revoked(Time now) = 0;

 protected:
  ~Visitor() = default;
};

}  // namespace lws_chat
