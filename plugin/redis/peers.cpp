#include "redis/peers.h"

#include <algorithm>
#include <utility>

#include "redis/orders.h"
#include "redis/survey.h"

namespace lws_chat {
namespace {

// A notification, which Centrifugo's nodes pass over. Its data are the digest of the session's key.
constexpr std::string_view kTakeOver = "lws-chat.session_taken";

constexpr size_t kMostListsTold = 16;

}  // namespace

RedisPeers::RedisPeers(const RedisKeys& keys, std::vector<RedisLink*> links, std::string uid, BrokerCounters& counters)
    : keys_(keys), links_(std::move(links)), uid_(std::move(uid)), own_channel_(keys.node(uid_)), counters_(counters) {}

RedisPeers::~RedisPeers() { (void)send(keys_.control(), NodeShutdown{}); }

// Any server takes it to all nodes. Returns nullptr if none is up.
RedisLink* RedisPeers::link() const {
  RedisLink* silent = nullptr;
  for (RedisLink* one : links_) {
    if (one->answers()) return one;
    if (!silent && one->is_up()) silent = one;
  }
  return silent;
}

// Returns nothing if nobody can be asked.
std::optional<RedisPeers::Waiting> RedisPeers::waiting(Time patience, Time now) const {
  const RedisLink* link = this->link();
  if (!link || !link->answers()) return std::nullopt;
  return Waiting{link, link->wait(patience, now)};
}

void RedisPeers::Waiting::count_from_answer(bool done, Time now) {
  link = nullptr;
  if (done) wait.until = now + wait.patience;
}

bool RedisPeers::send(std::string_view channel, const Body& body, Then then) {
  RedisLink* link = this->link();
  if (!link) return false;
  std::string bytes;
  append_control(bytes, {uid_, body});
  link->command({"PUBLISH", channel, bytes}, [this, alive = lifetime_.watch(), link, sent = now_,
                                              then = std::move(then)](const RedisReply& reply, Time now) {
    if (alive.expired()) return;
    bool late = link->is_late(sent, kPatience, now) && !reply.is_error();
    if (answered && !reply.is_lost() && !late) answered(*link, reply);
    if (then) then(!reply.is_lost() && !reply.is_error(), now);
  });
  return true;
}

void RedisPeers::say(std::string_view channel, Time now) {
  if (!self_) return;
  NodeFacts facts = self_->facts(now);
  auto count = [](uint64_t number) { return static_cast<uint32_t>(std::min<uint64_t>(number, UINT32_MAX)); };
  NodeAnnouncement announcement{uid_};
  announcement.name = facts.name;
  announcement.version = facts.version;
  announcement.clients = count(facts.clients);
  announcement.users = count(facts.users);
  announcement.channels = count(facts.rooms);
  announcement.uptime = count(facts.uptime);
  announcement.subscriptions = count(facts.subscriptions);
  announcement.servers = servers_;
  (void)send(channel, announcement);
}

void RedisPeers::up(RedisLink& link, Time now) {
  link.subscribe({keys_.control(), own_channel_});
  say_at_ = now;
}

bool RedisPeers::message(std::string_view channel, std::string_view payload, Time now) {
  if (channel != keys_.control() && channel != own_channel_) return false;
  ControlCommand command;
  if (!read_control(payload, command))
    ++counters_.foreign;
  else if (command.from != uid_)
    act_on(command, now);
  return true;
}

void RedisPeers::act_on(const ControlCommand& command, Time now) {
  if (const auto* announcement = std::get_if<NodeAnnouncement>(&command.body)) return meet(*announcement, now);
  if (std::holds_alternative<NodeShutdown>(command.body)) return void(others_.erase(std::string(command.from)));
  if (const auto* request = std::get_if<SurveyRequest>(&command.body)) return answer(command.from, *request);
  if (const auto* response = std::get_if<SurveyResponse>(&command.body)) return take(*response);
  if (const auto* notification = std::get_if<Notification>(&command.body);
      notification && notification->op == kTakeOver)
    return taken ? taken(notification->data, command.from) : void();
  std::optional<Order> order = read_order(command);
  if (order && self_) self_->obey(order->method, order->request, now);
}

// A node that is new here does not know this one yet.
void RedisPeers::meet(const NodeAnnouncement& announcement, Time now) {
  auto [place, fresh] = others_.try_emplace(std::string(announcement.uid));
  place->second.seen = now;
  place->second.facts = {std::string(announcement.uid),
                         std::string(announcement.name),
                         std::string(announcement.version),
                         announcement.clients,
                         announcement.users,
                         announcement.subscriptions,
                         announcement.channels,
                         announcement.uptime};
  if (fresh) say(keys_.node(announcement.uid), now);
  compare_servers(announcement, place->second.facts);
}

void RedisPeers::compare_servers(const NodeAnnouncement& announcement, const NodeFacts& node) {
  if (announcement.servers.empty() || servers_.empty() || announcement.servers == servers_) return;
  if (servers_of_others_.size() >= kMostListsTold || announcement.servers.size() != servers_.size()) return;
  if (servers_of_others_.emplace(announcement.servers).second && differs) differs(node);
}

std::vector<NodeFacts> RedisPeers::others() const {
  std::vector<NodeFacts> all;
  for (const auto& [uid, other] : others_) all.push_back(other.facts);
  std::sort(all.begin(), all.end(), [](const NodeFacts& one, const NodeFacts& other) { return one.uid < other.uid; });
  return all;
}

// A node that cannot be told learns it when it says the next time that the session is there.
void RedisPeers::take_over(std::string_view node, std::string_view session) {
  (void)send(keys_.node(node), Notification{kTakeOver, session});
}

// Whether the server takes it shows when it answers: a user may have no right to PUBLISH.
Deferred<bool> RedisPeers::tell(std::string_view method, std::string_view request, Time now) {
  std::optional<OrderBody> order = OrderBody::of(method, request);
  Promise<bool> promise;
  auto told = std::make_shared<bool>(false);
  auto then = [promise, told](bool done, Time) mutable {
    *told = true;
    promise.keep(done);
  };
  std::optional<Waiting> waiting = this->waiting(kPatience, now);
  if (!order || !waiting || !send(keys_.control(), order->body(), then)) return false;
  told_.push_back({*waiting, told, promise});
  return promise.deferred();
}

void RedisPeers::answer(std::string_view node, const SurveyRequest& request) {
  SurveyResponse response{request.id, kSurveyUnknown};
  std::string data;
  if (request.op == kSurveyChannels) response.code = list_rooms(request.data, data);
  if (request.op == kSurveyEmulation) response.code = take_passed_on(request.data);
  response.data = data;
  (void)send(keys_.node(node), response);
}

uint32_t RedisPeers::list_rooms(std::string_view asked, std::string& data) {
  ChannelsQuestion question;
  if (!read_survey(asked, question)) return kSurveyMalformed;
  std::optional<RoomCounts> counts{std::in_place};
  if (self_) counts = self_->rooms(question.pattern);
  if (!counts) return kSurveyTooMany;
  ChannelsAnswer answer;
  for (const auto& [room, number] : *counts) answer.channels.push_back({room, {static_cast<uint32_t>(number)}});
  append_survey(data, answer);
  return 0;
}

uint32_t RedisPeers::take_passed_on(std::string_view asked) {
  EmulationQuestion question;
  if (!read_survey(asked, question)) return kEmulationMalformed;
  Status status = self_ ? self_->take_passed_on(question.session, question.data) : Status::kNoSession;
  if (status == Status::kOk) return 0;
  return status == Status::kNoSession ? kEmulationNoSession : kEmulationMalformed;
}

Deferred<Status> RedisPeers::pass_on(std::string_view node, std::string_view session, std::string_view data, Time now) {
  if (others_.count(std::string(node)) == 0) return Status::kNoSession;
  if (passed_on_.size() >= kMostPassedOn) return Status::kUnavailable;
  std::optional<Waiting> waiting = this->waiting(kSessionPatience, now);
  std::string bytes;
  append_survey(bytes, EmulationQuestion{node, session, data});
  uint64_t id = last_survey_ + 1;
  auto then = [this, id](bool done, Time then_at) {
    if (auto asked = passed_on_.find(id); asked != passed_on_.end())
      asked->second.waiting.count_from_answer(done, then_at);
  };
  if (!waiting || !send(keys_.node(node), SurveyRequest{id, kSurveyEmulation, bytes}, then))
    return Status::kUnavailable;
  PassedOn& asked = passed_on_[++last_survey_];
  asked.waiting = *waiting;
  return asked.promise.deferred();
}

Deferred<Peers::Rooms> RedisPeers::rooms(std::string_view pattern, Time now) {
  if (others_.empty()) return Rooms{};
  std::string data;
  append_survey(data, ChannelsQuestion{pattern});
  uint64_t id = last_survey_ + 1;
  auto then = [this, id](bool done, Time then_at) {
    if (auto asked = surveys_.find(id); asked != surveys_.end()) asked->second.waiting.count_from_answer(done, then_at);
  };
  std::optional<Waiting> waiting = this->waiting(kPatience, now);
  if (!waiting || !send(keys_.control(), SurveyRequest{id, kSurveyChannels, data}, then))
    return Rooms{Status::kUnavailable};
  Survey& survey = surveys_[++last_survey_];
  survey.waiting = *waiting;
  survey.missing = others_.size();
  return survey.promise.deferred();
}

void RedisPeers::take(const SurveyResponse& response) {
  if (auto waiting = passed_on_.find(response.id); waiting != passed_on_.end()) {
    Promise<Status> promise = waiting->second.promise;
    passed_on_.erase(waiting);
    return promise.keep(response.code == 0                     ? Status::kOk
                        : response.code == kEmulationMalformed ? Status::kBadRequest
                                                               : Status::kNoSession);
  }
  auto found = surveys_.find(response.id);
  if (found == surveys_.end()) return;
  Survey& survey = found->second;
  ChannelsAnswer answer;
  if (response.code == kSurveyTooMany)
    survey.too_many = true;
  else if (response.code != 0 || !read_survey(response.data, answer))
    survey.failed = true;
  for (const ChannelsAnswer::Channel& channel : answer.channels) {
    auto [room, fresh] = survey.counts.try_emplace(std::string(channel.name));
    room->second += channel.clients.number;
    if (fresh) survey.bytes += channel.name.size();
    if (survey.bytes > kMostRoomBytes) survey.too_many = true;
    if (survey.too_many) break;
  }
  if (--survey.missing == 0 || survey.too_many) finish(response.id);
}

void RedisPeers::finish(uint64_t id) {
  auto found = surveys_.find(id);
  Survey survey = std::move(found->second);
  surveys_.erase(found);
  if (survey.too_many) return survey.promise.keep(Rooms{Status::kTooManyRooms});
  Rooms rooms{survey.failed || survey.missing > 0 ? Status::kUnavailable : Status::kOk};
  rooms.counts.assign(survey.counts.begin(), survey.counts.end());
  survey.promise.keep(rooms);
}

void RedisPeers::tick(Time now) {
  now_ = now;
  while (!told_.empty() && (*told_.front().answered || told_.front().waiting.end() <= now)) {
    Promise<bool> promise = told_.front().promise;
    told_.pop_front();
    promise.keep(false);
  }
  while (!surveys_.empty() && surveys_.begin()->second.waiting.end() <= now) finish(surveys_.begin()->first);
  while (!passed_on_.empty() && passed_on_.begin()->second.waiting.end() <= now) {
    Promise<Status> promise = passed_on_.begin()->second.promise;
    passed_on_.erase(passed_on_.begin());
    promise.keep(Status::kUnavailable);
  }
  for (auto other = others_.begin(); other != others_.end();)
    other = other->second.seen + kGone <= now ? others_.erase(other) : std::next(other);
  if (say_at_ > now) return;
  say(keys_.control(), now);
  say_at_ = now + kSayAgain;
}

Time RedisPeers::due() const {
  Time due = say_at_;
  if (!surveys_.empty()) due = std::min(due, surveys_.begin()->second.waiting.end());
  if (!passed_on_.empty()) due = std::min(due, passed_on_.begin()->second.waiting.end());
  if (!told_.empty()) due = std::min(due, told_.front().waiting.end());
  return due;
}

}  // namespace lws_chat
