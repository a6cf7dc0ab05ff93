#include "core/room/present_records.h"

#include <charconv>
#include <exception>
#include <utility>
#include <vector>

namespace lws_chat {
namespace {

// No room's name has a slash.
std::string name_of(std::string_view room, std::string_view client) {
  return std::string(room).append("/").append(client);
}

// Takes a number and the blank behind it off a text. Returns false if there is none.
bool take_size(std::string_view& text, size_t& size) {
  auto [rest, fault] = std::from_chars(text.data(), text.data() + text.size(), size);
  size_t taken = static_cast<size_t>(rest - text.data());
  if (fault != std::errc() || taken == text.size() || *rest != ' ') return false;
  text.remove_prefix(taken + 1);
  return true;
}

bool read(std::string_view name, std::string_view value, PresentRecords::Present& present) {
  size_t slash = name.find('/');
  size_t user = 0;
  size_t json = 0;
  if (slash == std::string_view::npos || !take_size(value, user) || !take_size(value, json)) return false;
  if (user > value.size() || json > value.size() - user) return false;
  present.room = name.substr(0, slash);
  present.who.client = name.substr(slash + 1);
  present.who.user = value.substr(0, user);
  present.who.json = value.substr(user, json);
  present.key = value.substr(user + json);
  return true;
}

}  // namespace

bool PresentRecords::keep(std::string_view room, const Identity& who, std::string_view key) {
  if (count_ >= Departed::kMost) return false;
  std::string value = std::to_string(who.user.size()) + " " + std::to_string(who.json.size()) + " ";
  value.append(who.user).append(who.json).append(key);
  (void)records_->keep(Records::Kind::kPresent, name_of(room, who.client), value, Records::kForever);
  ++count_;
  return true;
}

void PresentRecords::drop(std::string_view room, const Identity& who) {
  --count_;
  try {
    records_->drop(Records::Kind::kPresent, name_of(room, who.client));
  } catch (const std::exception&) {
    return;
  }
}

void PresentRecords::load(const std::function<void(Present&& present)>& take) {
  std::vector<Present> all;
  std::vector<std::string> bad;
  records_->load(Records::Kind::kPresent, [&](std::string_view name, std::string_view value, int64_t) {
    Present one;
    if (all.size() < Departed::kMost && read(name, value, one))
      all.push_back(std::move(one));
    else
      bad.emplace_back(name);
  });
  for (const std::string& name : bad) records_->drop(Records::Kind::kPresent, name);
  count_ += all.size();
  for (Present& one : all) take(std::move(one));
}

}  // namespace lws_chat
