#pragma once

#include <libwebsockets.h>
#include <uv.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/check/config_check.h"
#include "host/server/certificate_reload.h"
#include "host/server/service_manager.h"
#include "host/server/tls_vhosts.h"
#include "lws-chat.h"

namespace lws_chat {

// The event loop, lws in it, and the signals. lws's own parser makes the vhosts from the configuration.
class Server {
 public:
  Server(std::string config_dir, std::string plugin_dir, ConfigReport config);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Holds back SIGHUP until the server runs, which then reloads. Without this a SIGHUP during the start would end the
  // process.
  static void hold_reloads();

  // Opens everything. Returns an empty string, or the reason why it failed; then only destroy the server.
  [[nodiscard]] std::string start();

  // Serves until SIGTERM or SIGINT. Returns the process's exit code.
  int run();

 private:
  std::string load_plugins();
  std::string create_context();
  std::string create_vhosts();
  void watch_signals();
  void reload();
  void warn_of_changed_files();
  void begin_drain();
  void check_drain();

  static void on_signal(uv_signal_t* handle, int number);
  static void on_drain_timer(uv_timer_t* handle);
  static void on_certificate_timer(uv_timer_t* handle);

  std::string config_dir_;
  std::string plugin_dir_;
  ConfigReport config_;
  std::map<std::string, std::string> config_texts_;  // the files as they were at the start
  TlsVhosts tls_vhosts_;
  CertificateReload certificates_;

  uv_loop_t loop_{};
  uv_signal_t signals_[3]{};
  uv_timer_t drain_timer_{};
  uv_timer_t certificate_timer_{};
  uv_timer_t log_timer_{};
  std::unique_ptr<ServiceManager> service_manager_;
  uint64_t drain_deadline_ = 0;  // on uv_now()'s clock; 0: not draining
  lws_plugin* plugins_ = nullptr;
  std::vector<const lws_protocols*> protocols_;  // ends with nullptr, as lws requires
  const lws_chat_ops* chat_ = nullptr;
  std::string config_strings_;  // memory for lws's parser; the context points into it
  lws_context_creation_info info_{};
  lws_context* context_ = nullptr;
};

}  // namespace lws_chat
