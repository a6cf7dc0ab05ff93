#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/check/config_check.h"
#include "host/check/json_document.h"

namespace lws_chat {

// One file of the configuration and its findings. Checks add findings through it, with the JSON value they concern, so
// that each finding gets a line and column.
class ConfigFile {
 public:
  ConfigFile(std::string name, std::string_view text) : name_(std::move(name)), document_(text) {}

  const std::string& name() const { return name_; }
  const cJSON* root() const { return document_.root(); }
  const SyntaxError& syntax_error() const { return document_.error(); }

  void error_at(LineColumn at, std::string text) { add(Severity::kError, at, std::move(text)); }
  void error_at_value(const cJSON* node, std::string text) {
    error_at(document_.value_position(node), std::move(text));
  }
  void error_at_key(const cJSON* node, std::string text) { error_at(document_.key_position(node), std::move(text)); }
  void warn_at_value(const cJSON* node, std::string text) {
    add(Severity::kWarning, document_.value_position(node), std::move(text));
  }
  void warn_at_key(const cJSON* node, std::string text) {
    add(Severity::kWarning, document_.key_position(node), std::move(text));
  }
  void note_at_key(const cJSON* node, std::string text) {
    add(Severity::kNote, document_.key_position(node), std::move(text));
  }

  // "conf.d/chat:12:7", the place of a key, for findings that name a second place.
  std::string place_of(const cJSON* node) const;

  // Sorted by position.
  std::vector<Finding> findings() const;

 private:
  void add(Severity severity, LineColumn at, std::string text) {
    findings_.push_back({severity, name_, at.line, at.column, std::move(text)});
  }

  std::string name_;
  JsonDocument document_;
  std::vector<Finding> findings_;
};

// The files that libwebsockets would read from a configuration directory.
struct ConfigFiles {
  std::vector<ConfigFile> files;  // readable ones: conf, then conf.d in the order of alphasort
  std::vector<Finding> findings;  // about the directory and unreadable files
  unsigned long total_bytes = 0;
};

// Reads all files. A syntax error is already among the file's findings, with a hint if the file does not look like a
// configuration.
ConfigFiles read_config_files(const std::string& dir);

// The texts of all readable files, by name.
std::map<std::string, std::string> config_texts(const std::string& dir);

// The names of files that are new, gone or different.
std::vector<std::string> changed_files(const std::string& dir, const std::map<std::string, std::string>& before);

}  // namespace lws_chat
