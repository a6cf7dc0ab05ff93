#include "sqlite/file_rules.h"

#include <cstdint>
#include <vector>

#include "core/records.h"

namespace lws_chat {

int64_t apply_rules(Database& database, const FileRules& rules) {
  if (rules.text.empty()) return 0;
  constexpr auto kKind = static_cast<int64_t>(Records::Kind::kRules);
  {
    Statement read(database, "SELECT value FROM records WHERE kind = ? AND key = ''");
    Statement::Rows rows = read.with(kKind);
    if (rows.next() && rows.bytes(0) == rules.text) return 0;
  }
  database.run("BEGIN IMMEDIATE");
  std::vector<int64_t> over;
  {
    Statement all(database, "SELECT id, name FROM rooms");
    Statement::Rows rows = all.with();
    while (rows.next())
      if (!rules.is_durable(rows.bytes(1))) over.push_back(rows.number(0));
  }
  // The sweep removes their messages.
  Statement remove(database, "DELETE FROM rooms WHERE id = ?");
  for (int64_t id : over) remove.execute(id);
  Statement(database, "INSERT OR REPLACE INTO records(kind, key, value, until) VALUES(?, '', ?, ?)")
      .execute(kKind, std::string_view(rules.text), Records::kForever);
  database.run("COMMIT");
  return static_cast<int64_t>(over.size());
}

}  // namespace lws_chat
