// Does in a Redis what a node of ours does there, for tests beside Centrifugo: writes with plugin/redis, and shows what
// it reads.
//
//   redis_pen SOCKET     reads a command a line, words with tabs between them, and answers each with a line of JSON
//
//   publish ROOM FORMAT DATA PUBLISHER TAGS VERSION VERSION_EPOCH KEY    data in base64; empty words: none
//   lineage NAME KEEPS                  the server that publish and read give
//   read ROOM                           position and entries
//   join|leave ROOM IDENTITY
//   add ROOM SECONDS IDENTITY           presence
//   remove ROOM CLIENT
//   present|count|expire ROOM
//   listen CHANNEL                      `next` shows what comes there
//   next
//   control CHANNEL NAME WORDS...       says something to nodes, see say()
#include <cstdlib>
#include <iostream>

#include "redis/client_info.h"
#include "redis/control.h"
#include "redis/keys.h"
#include "redis/payload.h"
#include "redis/presence_script.h"
#include "redis/room_script.h"
#include "redis/survey.h"
#include "support/shell_link.h"
#include "wire/base64.h"
#include "wire/json.h"

using namespace lws_chat;

namespace {

using Words = std::vector<std::string>;

// A JSON object that grows.
class Shown {
 public:
  Shown& text(std::string_view name, std::string_view value) {
    begin(name);
    append_quoted(json_, value);
    return *this;
  }
  Shown& json(std::string_view name, std::string_view value) {
    begin(name);
    json_ += value.empty() ? "null" : value;
    return *this;
  }
  Shown& number(std::string_view name, uint64_t value) { return json(name, std::to_string(value)); }
  Shown& list(std::string_view name, const Words& items) {
    std::string all;
    for (const std::string& item : items) all.append(all.empty() ? "" : ",").append(item);
    return json(name, "[" + all + "]");
  }
  std::string done() const { return json_ + "}"; }

 private:
  void begin(std::string_view name) {
    if (json_.size() > 1) json_ += ',';
    append_quoted(json_, name);
    json_ += ':';
  }
  std::string json_ = "{";
};

constexpr std::string_view kFormats[] = {"text", "binary", "json"};

std::string shown(const RoomPayload& payload) {
  constexpr std::string_view kKinds[] = {"publication", "join", "leave"};
  const Message& message = payload.message;
  Shown line;
  line.text("kind", kKinds[static_cast<int>(payload.kind)]).json("publisher", message.publisher);
  if (payload.kind != Event::Kind::kPublication) return line.done();
  return line.text("format", kFormats[static_cast<int>(message.format)])
      .text("data", base64(message.payload))
      .json("tags", message.tags)
      .number("version", message.version)
      .number("offset", payload.offset)
      .text("epoch", payload.epoch)
      .done();
}

std::string shown(const ControlCommand& command) {
  Shown line;
  line.text("from", command.from);
  auto show_target = [&](const ControlTarget& target) {
    line.text("user", target.user).text("client", target.client).text("session", target.session);
  };
  if (const auto* node = std::get_if<NodeAnnouncement>(&command.body)) {
    line.text("kind", "node").text("uid", node->uid).number("clients", node->clients);
  } else if (std::holds_alternative<NodeShutdown>(command.body)) {
    line.text("kind", "shutdown");
  } else if (const auto* disconnect = std::get_if<DisconnectCommand>(&command.body)) {
    line.text("kind", "disconnect").number("code", disconnect->code).text("reason", disconnect->reason);
    show_target(disconnect->target);
  } else if (const auto* subscribe = std::get_if<SubscribeCommand>(&command.body)) {
    line.text("kind", "subscribe").text("channel", subscribe->channel).json("info", subscribe->channel_info);
    show_target(subscribe->target);
  } else if (const auto* unsubscribe = std::get_if<UnsubscribeCommand>(&command.body)) {
    line.text("kind", "unsubscribe").text("channel", unsubscribe->channel).number("code", unsubscribe->code);
    show_target(unsubscribe->target);
  } else if (const auto* refresh = std::get_if<RefreshCommand>(&command.body)) {
    line.text("kind", "refresh").number("expire_at", static_cast<uint64_t>(refresh->expire_at));
    show_target(refresh->target);
  } else if (const auto* asked = std::get_if<SurveyRequest>(&command.body)) {
    line.text("kind", "question").number("id", asked->id).text("op", asked->op).text("data", base64(asked->data));
  } else if (const auto* answered = std::get_if<SurveyResponse>(&command.body)) {
    ChannelsAnswer answer;
    line.text("kind", "answer").number("id", answered->id).number("code", answered->code);
    if (read_survey(answered->data, answer)) {
      Shown channels;
      for (const ChannelsAnswer::Channel& channel : answer.channels)
        channels.number(channel.name, channel.clients.number);
      line.json("channels", channels.done());
    }
  } else if (std::holds_alternative<Notification>(command.body)) {
    line.text("kind", "notification");
  }
  return line.done();
}

class Pen {
 public:
  explicit Pen(const std::string& socket) : link_(socket), ear_(socket) {}

  std::string run(const Words& words) {
    const std::string& name = words[0];
    if (name == "publish") return publish(words);
    if (name == "lineage") return server_ = words.at(1), keeps_ = words.at(2) == "1", "{}";
    if (name == "read") return read(words);
    if (name == "join" || name == "leave") return announce(words);
    if (name == "add") return add(words);
    if (name == "listen") return ear_.subscribe({words.at(1)}), "{}";
    if (name == "next") return next();
    if (name == "control") return say(words);
    return presence(words);
  }

 private:
  // Waits for the answer of a script.
  RedisLink::Answer into_reply() {
    return [this](const RedisReply& reply, Time) { reply_ = reply; };
  }
  std::string failed() const { return Shown().text("error", reply_.text).done(); }

  std::string publish(const Words& words) {
    RoomNames room = keys_.of_room(words.at(1));
    std::string data = decode_base64(words.at(3)).value();
    Message message{data, Format::kText, words.at(4), words.at(5)};
    for (int i = 0; i < 3; ++i)
      if (kFormats[i] == words.at(2)) message.format = static_cast<Format>(i);
    message.version = std::strtoull(words.at(6).c_str(), nullptr, 10);
    message.version_epoch = words.at(7);
    std::string bytes, key = words.at(8).empty() ? "" : keys_.result(words[1], words[8]);
    append_publication_bytes(bytes, message);
    std::string fresh = "pen" + std::to_string(++epochs_);
    PublishCall call{bytes, fresh, key};
    call.version = message.version;
    call.version_epoch = message.version_epoch;
    run_publish(link_, room, kBounds, lineage(), call, into_reply());
    auto answer = read_publish(reply_);
    if (!answer) return failed();
    constexpr std::string_view kOutcomes[] = {"published", "repeated", "outdated"};
    return Shown()
        .text("outcome", kOutcomes[static_cast<int>(answer->outcome)])
        .number("offset", answer->offset)
        .text("epoch", answer->epoch)
        .done();
  }

  std::string read(const Words& words) {
    std::string fresh = "pen" + std::to_string(++epochs_);
    run_position(link_, keys_.of_room(words.at(1)), kBounds, lineage(), {fresh, {}, 100}, into_reply());
    auto answer = read_position(reply_);
    if (!answer) return failed();
    Words entries;
    RoomPayload payload;
    for (const StreamEntry& entry : answer->entries)
      entries.push_back(reader_.read_entry(entry.publication, entry.offset, payload) ? shown(payload) : "null");
    return Shown()
        .number("offset", answer->top)
        .text("epoch", answer->epoch)
        .number("oldest", answer->oldest)
        .list("entries", entries)
        .done();
  }

  std::string announce(const Words& words) {
    std::string bytes;
    words[0] == "join" ? append_join_bytes(bytes, words.at(2)) : append_leave_bytes(bytes, words.at(2));
    link_.command({"PUBLISH", keys_.of_room(words.at(1)).channel, bytes}, into_reply());
    return "{}";
  }

  std::string add(const Words& words) {
    std::string info;
    Identity who;
    append_client_info(info, words.at(3));
    if (!read_client_info(info, who)) return "null";
    run_presence_add(link_, keys_.of_presence(words.at(1)), {{who.client, info, who.user}},
                     std::strtoull(words.at(2).c_str(), nullptr, 10), {}, into_reply());
    return Shown().number("new", static_cast<uint64_t>(reply_.integer)).done();
  }

  std::string presence(const Words& words) {
    PresenceNames room = keys_.of_presence(words.at(1));
    if (words[0] == "remove") {
      run_presence_remove(link_, room, {{words.at(2)}}, {}, into_reply());
      return Shown().number("removed", static_cast<uint64_t>(reply_.integer)).done();
    }
    if (words[0] == "count") {
      run_presence_stats(link_, room, into_reply());
      auto count = read_presence_stats(reply_);
      if (!count) return failed();
      return Shown().number("clients", count->clients).number("users", count->users.value_or(0)).done();
    }
    if (words[0] == "present") {
      run_presence_read(link_, room, into_reply());
      auto members = read_presence(reply_);
      return members ? Shown().list("clients", identities(*members)).done() : failed();
    }
    run_presence_expire(link_, room, 100, 60, into_reply());
    auto over = read_presence_expire(reply_);
    return over ? Shown().list("clients", identities(over->gone)).done() : failed();
  }

  static Words identities(const std::vector<PresentMember>& members) {
    Words all;
    Identity who;
    for (const PresentMember& member : members) all.push_back(read_client_info(member.info, who) ? who.json : "null");
    return all;
  }

  std::string next() {
    RedisReply message = ear_.next();
    while (message.items.at(0).text != "message") message = ear_.next();
    const std::string& channel = message.items.at(1).text;
    const std::string& bytes = message.items.at(2).text;
    ControlCommand command;
    if (keys_.room_of(channel).empty()) return read_control(bytes, command) ? shown(command) : "null";
    RoomPayload payload;
    return reader_.read(bytes, payload) ? shown(payload) : "null";
  }

  // control CHANNEL node UID | shutdown | disconnect USER CODE REASON | unsubscribe USER CHANNEL | subscribe USER
  // CHANNEL control CHANNEL ask ID OP | answer ID CHANNEL NUMBER | refuse ID
  std::string say(const Words& words) {
    const std::string& what = words.at(2);
    auto word = [&](size_t i) -> const std::string& { return words.at(i + 2); };
    auto number = [&](size_t i) { return static_cast<uint32_t>(std::strtoul(word(i).c_str(), nullptr, 10)); };
    ControlTarget user;
    if (words.size() > 3) user.user = word(1);
    ControlCommand command{kUid};
    std::string data;
    if (what == "node") {
      NodeAnnouncement node{kUid};
      node.name = "pen";
      node.version = "1";
      command.body = node;
    } else if (what == "shutdown") {
      command.body = NodeShutdown{};
    } else if (what == "disconnect") {
      command.body = DisconnectCommand{user, {}, number(2), word(3)};
    } else if (what == "unsubscribe") {
      command.body = UnsubscribeCommand{user, word(2), 2000, "pen"};
    } else if (what == "subscribe") {
      SubscribeCommand subscribe;
      subscribe.target = user;
      subscribe.channel = word(2);
      command.body = subscribe;
    } else if (what == "ask") {
      command.body = SurveyRequest{number(1), word(2)};
    } else if (what == "answer") {
      append_survey(data, ChannelsAnswer{{{word(2), {number(3)}}}});
      command.body = SurveyResponse{number(1), 0, data};
    }
    std::string bytes;
    append_control(bytes, command);
    link_.command({"PUBLISH", words.at(1), bytes}, into_reply());
    return "{}";
  }

  static constexpr RoomBounds kBounds = {10, 300, 2592000};
  static constexpr std::string_view kUid = "00000000-0000-4000-8000-00000000beef";

  unit::ShellLink link_;
  unit::ShellLink ear_;
  RedisKeys keys_{"centrifugo"};
  PayloadReader reader_;
  RedisReply reply_;
  Lineage lineage() const { return {keys_.lineage(), "", server_, "here", keeps_}; }

  std::string server_ = "pen";
  bool keeps_ = false;
  int epochs_ = 0;
};

}  // namespace

int main(int, char** arguments) {
  Pen pen(arguments[1]);
  for (std::string line; std::getline(std::cin, line);) {
    Words words(1);
    for (char c : line)
      if (c == '\t')
        words.emplace_back();
      else
        words.back() += c;
    std::cout << pen.run(words) << std::endl;
  }
}
