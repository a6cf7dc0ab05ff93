#pragma once

#include <utility>

#include "dialect/centrifuge/session.h"
#include "dialect/client_info.h"
#include "dialect/stream_kinds.h"
#include "wire/frame.h"

namespace lws_chat {

// The type of deltas that clients may ask for.
inline constexpr std::string_view kFossil = "fossil";

// A session's membership in one room. For the hub it is a client like any other.
class Session::Subscription final : public Client {
 public:
  // `invitation` may be nullptr.
  Subscription(Session& session, std::string_view name, KindId kind, InvitationPtr invitation)
      : Client(kind), session_(session), name_(name) {
    identity_ = session.identity_;
    if (!invitation) return;
    const SubscriptionOverride& override = invitation->override;
    if (!override.presence.value_or(true))
      identity_ = nullptr;
    else if (!invitation->info.empty())
      identity_ = with_room_info(*identity_, invitation->info);
    if (!override.join_leave.value_or(true)) go_unannounced();
    set_invitation(std::move(invitation));
  }

  bool ready() override {
    bool silent = !session_.speaking_ && session_.output_.empty() && session_.replies_.empty() && !session_.connecting_;
    return !session_.ended_ && (silent || session_.speaking_ == this) && session_.link_.ready();
  }
  size_t write(std::string_view frames) override {
    size_t taken = session_.link_.write(this, frames);
    // At the head of a stream every message is whole. Only elsewhere the frames have to be read.
    bool whole = (!replaying() && taken == lag()) || ends_message(frames.substr(0, taken));
    session_.speaking_ = whole ? nullptr : this;
    return taken;
  }
  std::string_view return_key() const override { return has_own_identity() ? std::string_view() : session_.key_; }
  std::string_view name() const { return name_; }

  // What let the client in; nullptr: only the rules of the room.
  const InvitationPtr& invitation() const { return invitation_; }
  void set_invitation(InvitationPtr invitation) {
    invitation_ = std::move(invitation);
    expiry.at = invitation_->expires_at;
  }

  // The client has negotiated deltas.
  bool deltas() const { return has_deltas(kind()); }

  // The server chose the room, not the client.
  bool by_server() const { return by_server_; }
  void set_by_server() { by_server_ = true; }

  // A back end dismissed the subscription before it was a member.
  void set_unwanted() { unwanted_ = true; }
  bool unwanted() const { return unwanted_; }

  // Others in the room see more of the client than elsewhere, or nothing.
  bool has_own_identity() const { return identity_ != session_.identity_; }

  // What the others in the room see of the client.
  std::string_view info() const { return identity_ ? identity_->json : session_.identity_->json; }

  void dismissed(Ending ending, Time now) override { session_.dismissed(*this, std::move(ending), now); }

  Expiry expiry;  // of the membership

 private:
  Session& session_;
  const std::string name_;  // name of the room
  InvitationPtr invitation_;
  bool by_server_ = false;
  bool unwanted_ = false;
};

}  // namespace lws_chat
