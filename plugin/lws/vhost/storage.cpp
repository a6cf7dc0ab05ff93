#include "lws/vhost/storage.h"

#include <grp.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "sqlite/store.h"

namespace lws_chat {
namespace {

constexpr Time kLook = 1'000'000;  // between two looks at a disk that has not answered yet

// lws starts protocols before it drops root's privileges, but the file has to belong to the user that works with it
// later. Where root starts the server and lws becomes another user, this thread is that user for a moment.
class AsEventualUser {
 public:
  explicit AsEventualUser(lws_context* context) {
    int user = 0;
    int group = 0;
    read_ids(lws_get_effective_uid_gid, context, user, group);
    if (geteuid() != 0 || user <= 0) return;
    user_was_ = geteuid();
    group_was_ = getegid();
    if (group > 0 && setegid(static_cast<gid_t>(group)) != 0) return;
    changed_ = true;
    if (seteuid(static_cast<uid_t>(user)) != 0) lwsl_warn("lws-chat: cannot become user %d\n", user);
  }
  ~AsEventualUser() {
    if (!changed_) return;
    if (seteuid(user_was_) != 0 || setegid(group_was_) != 0) lwsl_err("lws-chat: cannot become root again\n");
  }
  AsEventualUser(const AsEventualUser&) = delete;
  AsEventualUser& operator=(const AsEventualUser&) = delete;

 private:
  // lws 4.1 gives signed numbers, 4.3 unsigned ones. -1: none is set.
  template <typename User, typename Group>
  static void read_ids(void (*read)(lws_context*, User*, Group*), lws_context* context, int& user, int& group) {
    User user_id{};
    Group group_id{};
    read(context, &user_id, &group_id);
    user = static_cast<int>(user_id);
    group = static_cast<int>(group_id);
  }

  bool changed_ = false;
  uid_t user_was_ = 0;
  gid_t group_was_ = 0;
};

// Another text if other rooms are durable.
std::string durability(const HubSettings& rooms) {
  std::string text = std::string(":") + (rooms.rooms.is_durable() ? "1" : "0");
  for (const auto& [name, settings] : rooms.namespaces) text += " " + name + ":" + (settings.is_durable() ? "1" : "0");
  return text;
}

}  // namespace

Storage::Storage(lws_context* context, const StorageSettings& settings, const HubSettings& rooms,
                 std::string vhost_name)
    : path_(settings.path), vhost_name_(std::move(vhost_name)), timer_(context, "storage", [this] { watch(); }) {
  if (!settings.on()) return;
  StoreSettings store;
  store.path = settings.path;
  store.full_sync = settings.sync == StorageSync::kFull;
  store.max_bytes = settings.max_bytes;
  store.rules.text = durability(rooms);
  store.rules.is_durable = [&rooms](std::string_view room) { return rooms.of(room).is_durable(); };
  store.wake = [this, context] {
    calls_ = true;
    lws_cancel_service(context);
  };
  store.report = [this](StoreSettings::Event event, const std::string& line) {
    report(event == StoreSettings::Event::kFails, event == StoreSettings::Event::kDamaged, line);
  };
  AsEventualUser user(context);
  std::string problem;
  store_ = SqliteStore::open(store, problem);
  if (!store_) problem_ = problem;
}

Storage::~Storage() {
  if (store_ && store_->counters().queue_messages > 0)
    lwsl_notice("lws-chat: vhost %s: storage %s: %llu messages wait to be written; the server ends when they are\n",
                vhost_name_.c_str(), path_.c_str(), static_cast<unsigned long long>(store_->counters().queue_messages));
}

Journal* Storage::journal() { return store_.get(); }

Records* Storage::records() { return store_.get(); }

// All vhosts of the hub are woken, and the first one does it.
void Storage::woken() {
  if (!calls_.exchange(false)) return;
  store_->deliver();
  if (!watching_ && store_->waits()) watch();
}

void Storage::watch() {
  store_->watch();
  watching_ = store_->waits();
  if (watching_) timer_.set(kLook);
}

const StoreCounters* Storage::counters() const { return store_ ? &store_->counters() : nullptr; }

// Runs on the loop, within woken().
void Storage::report(bool failing, bool damaged, const std::string& line) {
  if (!damaged) failure_ = failing ? "storage: " + line : "";
  if (failing || damaged)
    lwsl_err("lws-chat: vhost %s: storage %s: %s\n", vhost_name_.c_str(), path_.c_str(), line.c_str());
  else
    lwsl_notice("lws-chat: vhost %s: storage %s: %s\n", vhost_name_.c_str(), path_.c_str(), line.c_str());
}

}  // namespace lws_chat
