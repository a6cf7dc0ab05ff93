#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/shared_revocations.h"
#include "redis/broker_parts.h"
#include "redis/link.h"
#include "redis/questions.h"

namespace lws_chat {

// Revoked tokens that nodes share, in one Redis server. A node tells the others by itself when it revokes one (Peers).
// Here it finds what was revoked before it came, and what it may have missed. A server that has lost some gets back
// what this node knows.
class ShardRevocations final : public SharedRevocations {
 public:
  // Questions are answered by then, see Questions.
  static constexpr Time kPatience = 1'000'000;
  // All are read again after this time: the server may have lost some, and nobody noticed.
  static constexpr Time kReadAgain = 300'000'000;
  // The same after the first reading: a server that had lost some may have got them back meanwhile.
  static constexpr Time kReadSoon = 15'000'000;
  static constexpr uint64_t kMost = 1'000'000;

  // `wake` asks for a tick() in the next turn.
  ShardRevocations(RedisLink& link, const BrokerParts& parts, std::function<void()> wake)
      : link_(link), parts_(parts), wake_(std::move(wake)), questions_(link, kPatience) {}

  void attach(Reader& reader) override { reader_ = &reader; }
  bool complete() const override { return complete_ || !reader_; }
  Deferred<Status> when_complete() override;
  Deferred<Kept> keep(const Revocation& revocation) override;

  // The link is up, or hears again: orders of other nodes may have been missed. Or the server has lost what it had.
  void up();

  void tick(Time now);
  Time due() const;

 private:
  Questions::Answered ask(std::function<void()> give_up);
  void read_all();
  void read_from(const std::string& cursor);
  void was_read(const RedisReply& reply, Time now);
  void learn(const std::vector<Revocation>& revocations);
  void finish_reading(Time now);
  void give_back();
  void answer(Status status);
  bool failed(std::string_view command, const RedisReply& reply);

  RedisLink& link_;
  const BrokerParts& parts_;
  std::function<void()> wake_;
  Reader* reader_ = nullptr;
  bool complete_ = false;
  uint64_t reading_ = 0;  // number of the last reading, so that answers to former ones are recognized
  Time read_at_ = kNever;
  bool read_soon_ = false;
  std::unordered_set<size_t> good_;  // hashes of the entries of this reading that are as large as this node's
  std::deque<Revocation> lacking_;   // that the server gets
  Questions questions_;
  struct Joiner {
    Promise<Status> promise;
    Questions::Answered answered;
  };
  std::deque<Joiner> waiting_;  // for complete_
};

}  // namespace lws_chat
