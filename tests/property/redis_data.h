// A Redis server as a model: the effects of our scripts and commands on its keys, read from the Lua by eye. It knows no
// connections.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "property/redis_keyspace.h"
#include "redis/payload.h"
#include "redis/scripts.h"
#include "redis/session_script.h"

namespace lws_chat::redis_model {

// A command or script, and what it leads to.
class DataServer : public Keyspace {
 public:
  std::function<void(const std::string& channel, const std::string& payload)> publish;

  RedisReply command(const Words& words, Time now) {
    return attempt(now, [&] { return do_command(words); });
  }
  RedisReply run(const std::string& sha1, const Words& keys, const Words& arguments, Time now) {
    return attempt(now, [&] {
      const RedisScripts& scripts = redis_scripts();
      if (sha1 == scripts.publish.sha1) return publish_kept(keys, arguments);
      if (sha1 == scripts.publish_once.sha1) return publish_once(keys, arguments);
      if (sha1 == scripts.position.sha1) return position(keys, arguments);
      if (sha1 == scripts.begin.sha1) return begin(keys, arguments);
      if (sha1 == scripts.renew.sha1) return renew(keys, arguments);
      if (sha1 == scripts.check.sha1) return check(keys, arguments);
      if (sha1 == scripts.forget.sha1) return forget(keys);
      if (sha1 == scripts.announce.sha1) return announce(keys[0], arguments[0], arguments[1]);
      if (sha1 == scripts.presence_add.sha1) return presence_add(keys, arguments);
      if (sha1 == scripts.presence_remove.sha1) return presence_remove(keys, arguments);
      if (sha1 == scripts.presence_expire.sha1) return presence_expire(keys, arguments);
      if (sha1 == scripts.presence_read.sha1) return presence_read(keys);
      if (sha1 == scripts.presence_stats.sha1) return presence_stats(keys);
      if (sha1 == session_scripts().stay.sha1) return session_stay(keys[0], arguments);
      if (sha1 == session_scripts().go.sha1) return session_go(keys[0], arguments);
      std::fprintf(stderr, "broken: the model does not know a script\n");
      std::abort();
    });
  }

 private:
  struct Place {
    std::string epoch;
    int64_t top;
  };
  std::string line_of(const std::string& lineage, const std::string& fresh, const std::string& server,
                      const std::string& address, const std::string& keep) {
    std::string line = field(lineage, "l"), places = field(lineage, "p"), place = " " + address + " ";
    if (!line.empty() && field(lineage, "s") == server) return line;
    if (line.empty() || keep != "1" || places.find(place) == std::string::npos) line = fresh, places = place;
    set_field(lineage, "s", server);
    set_field(lineage, "l", line);
    set_field(lineage, "p", places);
    return line;
  }
  Place place(const std::string& stream, const std::string& meta, const std::string& fresh, const std::string& lineage,
              const std::string& believed, const std::string& server, const std::string& address,
              const std::string& keep) {
    Place place{field(meta, "e"), std::strtoll(field(meta, "s").c_str(), nullptr, 10)};
    bool numbered = has_field(meta, "l");
    if (has_field(meta, "e") && numbered && field(meta, "l") == believed) return place;
    std::string line = line_of(lineage, fresh, server, address, keep);
    if (!has_field(meta, "e")) {
      place.epoch = fresh;
      set_field(meta, "e", fresh);
      set_field(meta, "l", line);
      if (place.top == 0) drop(stream);
    } else if (field(meta, "l") != line) {
      if (numbered) place.epoch = fresh;
      set_field(meta, "e", place.epoch);
      set_field(meta, "l", line);
    }
    return place;
  }

  void set_text(const std::string& key, const std::string& text, const std::string& seconds) {
    write(true);
    data[key] = {};
    data[key].text = text;
    expire_after(key, seconds);
  }
  RedisReply repeated(const std::string& stream, const std::string& meta, const std::string& message) {
    Value* kept = has_field(meta, "e") ? find(stream) : nullptr;
    if (kept)
      for (const auto& [offset, bytes] : kept->stream)
        if (bytes == message) return array({integer(static_cast<int64_t>(offset)), text(field(meta, "e")), integer(1)});
    return array({integer(0), text(""), integer(1)});
  }
  // The fields of a result: see the script.
  struct Result {
    std::string epoch = "e";
    std::string offset = "s";
    bool known = false;
  };
  Result result_of(const std::string& key, const std::string& channel) {
    Result result;
    if (has_field(key, "r") && field(key, "r") != channel) result = {"e " + channel, "s " + channel};
    result.known = has_field(key, result.epoch);
    return result;
  }
  void keep_result(const std::string& key, const std::string& channel, const Result& result, const std::string& epoch,
                   const std::string& offset) {
    set_field(key, result.epoch, epoch);
    set_field(key, result.offset, offset);
    if (result.epoch == "e") set_field(key, "r", channel);
  }
  RedisReply publish_kept(const Words& keys, const Words& arguments) {
    const std::string &stream = keys[0], &meta = keys[1], &message = arguments[0], &version = arguments[7],
                      &version_epoch = arguments[8];
    if (arguments[15] != "0") {
      int64_t connection = std::stoll(arguments[13]), number = std::stoll(arguments[15]);
      int64_t newest = 0, series = 0, done = 0;
      if (Value* known = find(keys[4])) std::sscanf(known->text.c_str(), "%ld %ld %ld", &newest, &series, &done);
      if (connection < newest) return error("FENCED");
      if (series != std::stoll(arguments[14])) done = 0;
      bool early = number > done + 1;
      set_text(keys[4],
               arguments[13] + " " + arguments[14] + " " + std::to_string(early ? done : std::max(done, number)),
               arguments[16]);
      if (early) return array({integer(0), text(""), integer(3)});
      if (number <= done) return repeated(stream, meta, message);
    }
    Result result = result_of(keys[2], arguments[3]);
    if (!arguments[6].empty() && result.known) {
      int64_t offset = std::strtoll(field(keys[2], result.offset).c_str(), nullptr, 10);
      return array({integer(offset), text(field(keys[2], result.epoch)), integer(1)});
    }
    Place place =
        this->place(stream, meta, arguments[5], keys[3], arguments[9], arguments[10], arguments[11], arguments[12]);
    if (place.epoch == arguments[17] && place.top < std::stoll(arguments[18])) {
      place.epoch = arguments[5];
      set_field(meta, "e", place.epoch);
    }
    if (version != "0") {
      bool same = version_epoch.empty() || (has_field(meta, "ve") && field(meta, "ve") == version_epoch);
      if (has_field(meta, "v") && same && std::stoull(field(meta, "v")) >= std::stoull(version))
        return array({integer(place.top), text(place.epoch), integer(2)});
    }
    int64_t top = place.top + 1;
    if (top == 1) drop(stream);
    if (Value* kept = find(stream);
        kept && !kept->stream.empty() && std::prev(kept->stream.end())->first >= static_cast<uint64_t>(top)) {
      place.epoch = arguments[5];
      set_field(meta, "e", place.epoch);
      drop(stream);
    }
    set_field(meta, "s", std::to_string(top));
    set_field(meta, "b", arguments[1] + " " + arguments[2]);
    if (version != "0") {
      set_field(meta, "v", version);
      set_field(meta, "ve", version_epoch);
    }
    if (arguments[4] != "0") expire_after(meta, arguments[4]);
    auto& entries = data[stream].stream;
    entries[static_cast<uint64_t>(top)] = message;
    while (entries.size() > std::stoull(arguments[1])) entries.erase(entries.begin());
    expire_after(stream, arguments[2]);
    publish(arguments[3], with_position(static_cast<uint64_t>(top), place.epoch, message));
    if (!arguments[6].empty()) {
      keep_result(keys[2], arguments[3], result, place.epoch, std::to_string(top));
      expire_after(keys[2], arguments[6]);
    }
    return array({integer(top), text(place.epoch), integer(0)});
  }

  RedisReply publish_once(const Words& keys, const Words& arguments) {
    Result result = result_of(keys[0], arguments[1]);
    if (result.known) return integer(0);
    keep_result(keys[0], arguments[1], result, "", "0");
    expire_after(keys[0], arguments[2]);
    publish(arguments[1], arguments[0]);
    return integer(1);
  }

  RedisReply position(const Words& keys, const Words& arguments) {
    Place place =
        this->place(keys[0], keys[1], arguments[1], keys[2], arguments[2], arguments[3], arguments[4], arguments[5]);
    if (arguments[0] != "0") expire_after(keys[1], arguments[0]);
    Value* stream = find(keys[0]);
    std::vector<RedisReply> entries;
    size_t most = std::stoull(arguments[7]);
    std::string oldest = stream && !stream->stream.empty() ? std::to_string(stream->stream.begin()->first) + "-0" : "";
    auto add = [&](const std::pair<const uint64_t, std::string>& entry) {
      entries.push_back(array({text(std::to_string(entry.first) + "-0"), array({text("d"), text(entry.second)})}));
    };
    if (stream && arguments[6].empty()) {
      for (auto one = stream->stream.rbegin(); one != stream->stream.rend() && entries.size() < most; ++one) add(*one);
    } else if (stream) {
      for (auto one = stream->stream.lower_bound(std::stoull(arguments[6]));
           one != stream->stream.end() && entries.size() < most; ++one)
        add(*one);
    }
    return array({integer(place.top), text(place.epoch), text(oldest), array(std::move(entries)),
                  text(field(keys[1], "b")), text(field(keys[1], "j"))});
  }

  RedisReply announce(const std::string& meta, const std::string& channel, std::string payload) {
    if (has_field(meta, "e")) {
      std::string before = has_field(meta, "j") ? field(meta, "j") : "0", number = "0";
      if (refuses == Refuses::kMore)
        drop_field(meta, "j");
      else
        set_field(meta, "j", number = std::to_string(std::max<int64_t>(std::stoll(before) + 1, now_)));
      std::string numbers = before + " " + number;
      if (!payload.empty()) payload.append("\x9a\x3f").append(1, static_cast<char>(numbers.size())).append(numbers);
    }
    if (!payload.empty()) publish(channel, payload);
    return integer(payload.empty() ? 0 : 1);
  }

  RedisReply begin(const Words& keys, const Words& arguments) {
    std::string line = line_of(keys[0], arguments[0], arguments[1], arguments[2], arguments[3]);
    std::string places = field(keys[0], "p");
    if (places.find(" " + arguments[2] + " ") == std::string::npos)
      set_field(keys[0], "p", places + arguments[2] + " ");
    return text(line);
  }

  RedisReply renew(const Words& keys, const Words& arguments) {
    if (!has_field(keys[0], "e") || field(keys[0], "e") != arguments[0]) return integer(0);
    set_field(keys[0], "e", arguments[1]);
    return integer(1);
  }

  RedisReply check(const Words& keys, const Words& arguments) {
    if (!has_field(keys[1], "e") || field(keys[1], "e") != arguments[0]) return integer(0);
    int64_t offset = std::stoll(arguments[1]);
    if (std::strtoll(field(keys[1], "s").c_str(), nullptr, 10) >= offset) {
      Value* stream = find(keys[0]);
      auto entry = stream ? stream->stream.find(static_cast<uint64_t>(offset)) : decltype(stream->stream.end())();
      if (!stream || entry == stream->stream.end()) return integer(0);
      const std::string &bytes = entry->second, &id = arguments[2];
      if (bytes.size() >= id.size() && bytes.compare(bytes.size() - id.size(), id.size(), id) == 0) return integer(0);
    }
    set_field(keys[1], "e", arguments[3]);
    return integer(1);
  }

  RedisReply forget(const Words& keys) {
    drop(keys[0]);
    return integer(1);
  }

  // Keys of presence: expire, data, users' expire, users' clients, who was told to have left, the server's line.
  static std::string user_of(const std::string& info) {
    if (info.empty() || info[0] != 10) return {};
    return info.substr(2, static_cast<unsigned char>(info[1]));
  }
  int64_t seconds() const { return now_ / 1'000'000; }
  void take_out(const Words& keys, const std::string& client, const std::string& info) {
    drop_field(keys[1], client);
    drop_sorted(keys[0], client);
    std::string user = user_of(info);
    if (add_to_field(keys[3], user, -1) > 0) return;
    drop_field(keys[3], user);
    drop_sorted(keys[2], user);
  }

  bool is_on_another(const Words& keys, const std::string& line) {
    return !line.empty() && field(keys[5], "l") != line;
  }

  RedisReply presence_add(const Words& keys, const Words& arguments) {
    int64_t till = seconds() + std::stoll(arguments[0]), added = 0;
    std::vector<RedisReply> returned;
    for (size_t i = 4; i < arguments.size(); i += 3) {
      const std::string &client = arguments[i], &user = arguments[i + 1], &info = arguments[i + 2];
      bool fresh = !has_field(keys[1], client);
      if (arguments[2] == "again" && !fresh && field(keys[1], client) != info) continue;
      set_field(keys[1], client, info);
      data[keys[0]].sorted[client] = till;
      if (fresh || !has_field(keys[3], user)) add_to_field(keys[3], user, 1);
      data[keys[2]].sorted[user] = till;
      added += fresh;
      if (!has_field(keys[4], client)) continue;
      drop_field(keys[4], client);
      if (fresh) returned.push_back(text(client));
    }
    for (size_t i = 0; i < 4; ++i) expire_after(keys[i], arguments[1]);
    if (arguments[2] == "again") return array(std::move(returned));
    return integer(is_on_another(keys, arguments[3]) ? -added : added);
  }

  RedisReply presence_remove(const Words& keys, const Words& arguments) {
    int64_t removed = 0, missing = 0;
    for (size_t i = 1; i < arguments.size(); i += 2) {
      std::string known = field(keys[1], arguments[i]);
      if (!has_field(keys[1], arguments[i])) missing += !has_field(keys[4], arguments[i]);
      if (!has_field(keys[1], arguments[i]) || (!arguments[i + 1].empty() && arguments[i + 1] != known)) continue;
      take_out(keys, arguments[i], known);
      ++removed;
    }
    return integer(removed == 0 && is_on_another(keys, arguments[0]) ? -missing : removed);
  }

  Words over(const std::string& key) {
    Words names;
    if (Value* value = find(key))
      for (const auto& [name, till] : value->sorted)
        if (till <= seconds()) names.push_back(name);
    return names;
  }

  RedisReply presence_expire(const Words& keys, const Words& arguments) {
    Value *all = find(keys[1]), *ends = find(keys[0]);
    if (all && all->hash.size() > (ends ? ends->sorted.size() : 0)) {
      write(true);
      int64_t till = seconds() + std::stoll(arguments[1]);
      for (const auto& [client, info] : all->hash) data[keys[0]].sorted.emplace(client, till);
      expire_after(keys[0], arguments[2]);
    }
    std::vector<RedisReply> gone;
    bool first = find(keys[4]) == nullptr;
    size_t left = std::stoull(arguments[0]);
    for (const std::string& client : over(keys[0])) {
      if (left-- == 0) break;
      if (!has_field(keys[1], client)) {
        drop_sorted(keys[0], client);
        continue;
      }
      std::string info = field(keys[1], client);
      take_out(keys, client, info);
      set_field(keys[4], client, "");
      gone.push_back(text(client));
      gone.push_back(text(info));
    }
    if (first && !gone.empty()) expire_after(keys[4], "86400");
    for (const std::string& user : over(keys[2])) {
      drop_field(keys[3], user);
      drop_sorted(keys[2], user);
    }
    int64_t wait = -1;
    if (Value* value = find(keys[0]))
      for (const auto& [name, till] : value->sorted) {
        int64_t one = std::max<int64_t>(0, (till * 1'000'000 - now_ + 999) / 1000);
        wait = wait < 0 ? one : std::min(wait, one);
      }
    return array({integer(wait), array(std::move(gone))});
  }

  RedisReply presence_read(const Words& keys) {
    std::vector<RedisReply> members;
    Value* all = find(keys[1]);
    Value* till = find(keys[0]);
    if (!all) return array({});
    for (const auto& [client, info] : all->hash) {
      if (till && till->sorted.count(client) > 0 && till->sorted[client] <= seconds()) continue;
      members.push_back(text(client));
      members.push_back(text(info));
    }
    return array(std::move(members));
  }

  RedisReply presence_stats(const Words& keys) {
    auto size = [&](const std::string& key) {
      Value* value = find(key);
      return static_cast<int64_t>(value ? value->hash.size() : 0);
    };
    int64_t clients = size(keys[1]) - static_cast<int64_t>(over(keys[0]).size()), users = size(keys[3]);
    if (users == 0 && clients > 0) return array({integer(clients), integer(-1)});
    users -= static_cast<int64_t>(over(keys[2]).size());
    return array({integer(std::max<int64_t>(0, clients)), integer(std::max<int64_t>(0, users))});
  }

  RedisReply session_stay(const std::string& key, const Words& arguments) {
    Value* there = find(key);
    if (there && there->text != arguments[0] && there->text != arguments[2]) return text(there->text);
    set_text(key, arguments[0], arguments[1]);
    return integer(1);
  }
  RedisReply session_go(const std::string& key, const Words& arguments) {
    Value* there = find(key);
    if (there && there->text != arguments[0]) return integer(0);
    drop(key);
    if (arguments[1].empty()) return integer(1);
    set_text(key, arguments[1], "0");
    data[key].until = now_ + std::stoll(arguments[2]) * 1000;
    return integer(1);
  }

  RedisReply do_command(const Words& words) {
    if (words[0] == "PUBLISH") {
      publish(words[1], words[2]);
      return integer(1);
    }
    if (words[0] == "SET") {
      write(true);
      Value* there = find(words[1]);
      RedisReply before = words.size() < 6 ? text("OK") : there ? text(there->text) : RedisReply{};
      data[words[1]] = {};
      data[words[1]].text = words[2];
      data[words[1]].until = now_ + std::stoll(words[4]) * (words[3] == "EX" ? 1000000 : 1000);
      return before;
    }
    if (words[0] == "HGET") return has_field(words[1], words[2]) ? text(field(words[1], words[2])) : RedisReply{};
    if (words[0] == "GETDEL") {
      write(false);
      Value* value = find(words[1]);
      if (!value) return {};
      RedisReply reply = text(value->text);
      data.erase(words[1]);
      return reply;
    }
    if (words[0] == "EXPIRE") {
      expire_after(words[1], words[2]);
      return integer(1);
    }
    std::fprintf(stderr, "broken: the model does not know %s\n", words[0].c_str());
    std::abort();
  }
};

}  // namespace lws_chat::redis_model
