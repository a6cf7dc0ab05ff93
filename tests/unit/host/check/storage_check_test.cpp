#include "host/check/storage_check.h"

#include "support/config_findings.h"

using namespace unit;

namespace {

std::string storage(const std::string& path) { return "\"storage\":\"" + path + "\""; }

std::string chat_vhost(const std::string& name, const std::string& port, const std::string& options) {
  return vhost("\"name\":\"" + name + "\",\"port\":" + port + ",\"ws-protocols\":[{\"lws-chat\":{\"status\":\"ok\"," +
               options + "}}]");
}

}  // namespace

TEST(a_file_that_is_not_there_is_fine_because_the_server_makes_it) {
  TempDir dir;
  CHECK_EQ(in_chat(storage(dir.path("rooms.db"))), "");
}

TEST(a_file_that_the_server_could_not_open_is_an_error_in_its_words) {
  TempDir dir;
  std::string missing = dir.path("none/rooms.db");
  CHECK_CONTAINS(in_chat(storage(missing)), "error: storage " + missing + ": the folder " + dir.path("none") +
                                                " cannot be used: No such file or directory");
  CHECK_CONTAINS(in_chat(storage(dir.path())), "error: storage " + dir.path() + ": is not a file");
  dir.write("garbage", std::string(5000, 'x'));
  CHECK_CONTAINS(in_chat(storage(dir.path("garbage"))),
                 "error: storage " + dir.path("garbage") + ": is not a database");
  CHECK_CONTAINS(in_chat(storage("rooms.db")), "error: \"rooms.db\" is a relative path");
}

TEST(storage_without_a_durable_room_is_a_warning) {
  TempDir dir;
  std::string file = storage(dir.path("rooms.db"));
  CHECK_CONTAINS(in_chat(file + ",\"durable\":\"0\""), "warning: no room is durable");
  CHECK_CONTAINS(in_chat(file + ",\"history-size\":\"0\""), "warning: no room is durable");
  CHECK_EQ(in_chat(file + ",\"durable\":\"0\",\"kept/durable\":\"1\""), "");
}

TEST(vhosts_with_the_same_file_must_have_the_same_hub) {
  TempDir dir;
  std::string file = storage(dir.path("rooms.db"));
  auto both = [&](const std::string& first, const std::string& second) {
    return findings(chat_vhost("a", "80", first), chat_vhost("b", "81", second));
  };
  CHECK_EQ(both(file + ",\"hub\":\"main\"", file + ",\"hub\":\"main\""), "");
  std::string said = "error: storage " + dir.path("rooms.db") + " is also that of vhost \"a\" (conf:1:";
  CHECK_CONTAINS(both(file, file), said);
  CHECK_CONTAINS(both(file + ",\"hub\":\"main\"", file + ",\"hub\":\"other\""), said);
  CHECK_EQ(both(file, storage(dir.path("other.db"))), "");
}
