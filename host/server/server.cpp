#include "host/server/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <set>

#include "host/check/certificate_check.h"
#include "host/check/config_file.h"
#include "host/log/logging.h"
#include "host/server/descriptor_limit.h"
#include "host/server/listen_check.h"
#include "lws/guard.h"

namespace lws_chat {
namespace {

// How long clients may take to accept what is still waiting for them when the server ends.
constexpr uint64_t kDrainMs = 5000;
constexpr uint64_t kDrainPollMs = 20;

// How often it is looked whether a certificate is about to expire; at the start the configuration's check says so.
constexpr uint64_t kCertificateMs = uint64_t{24} * 3600 * 1000;

// How often log lines that stderr had no room for are tried again.
constexpr uint64_t kLogMs = 1000;

// How long the head of a request may be. lws's 4096 is little for a browser: any program on the same host may have set
// cookies. It is allocated while a request is read and answered, and the pages of it that are not written to cost
// nothing.
constexpr unsigned short kMaxHead = 32768;

// lws would watch every WebSocket with a timer of its own, beside the plugin's pings, and keep all of these timers in
// one sorted list. Each accept and each pong walks that list from its head, so both get slower with every connection.
// A hang-up after 0 s turns the timers off. lws ignores the structure unless the ping's time is set, too.
constexpr lws_retry_bo_t kNoIdleTimers = [] {
  lws_retry_bo_t policy{};
  policy.secs_since_valid_ping = 1;
  return policy;
}();

void set_descriptor_limit() {
  rlimit now{};
  if (getrlimit(RLIMIT_NOFILE, &now) != 0) return;
  rlimit wanted = descriptor_limit(now);
  if (setrlimit(RLIMIT_NOFILE, &wanted) == 0 && wanted.rlim_cur < now.rlim_cur)
    lwsl_notice("lws-chatd: lowered the limit of open files from %llu to %llu; rlimit-nofile sets another one\n",
                static_cast<unsigned long long>(now.rlim_cur), static_cast<unsigned long long>(wanted.rlim_cur));
}

// lws asks for an IPv6 socket wherever the configuration does not forbid it, and where the system has none it goes on
// without listening.
bool system_has_ipv6() {
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) close(fd);
  return fd >= 0 || errno != EAFNOSUPPORT;
}

void mask_hangup(int how) {
  sigset_t hangup;
  sigemptyset(&hangup);
  sigaddset(&hangup, SIGHUP);
  pthread_sigmask(how, &hangup, nullptr);
}

}  // namespace

Server::Server(std::string config_dir, std::string plugin_dir, ConfigReport config)
    : config_dir_(std::move(config_dir)),
      plugin_dir_(std::move(plugin_dir)),
      config_(std::move(config)),
      config_texts_(config_texts(config_dir_)),
      tls_vhosts_(config_.vhosts) {
  uv_loop_init(&loop_);
  service_manager_ = std::make_unique<ServiceManager>(&loop_);
}

Server::~Server() {
  auto close_handle = [](uv_handle_t* handle) {
    if (handle->loop && !uv_is_closing(handle)) uv_close(handle, nullptr);
  };
  for (uv_signal_t& handle : signals_) close_handle(reinterpret_cast<uv_handle_t*>(&handle));
  // It is ending already: who asks once more is not to make it look as if it had been killed.
  for (int number : {SIGTERM, SIGINT}) std::signal(number, SIG_IGN);
  close_handle(reinterpret_cast<uv_handle_t*>(&drain_timer_));
  close_handle(reinterpret_cast<uv_handle_t*>(&certificate_timer_));
  close_handle(reinterpret_cast<uv_handle_t*>(&log_timer_));
  service_manager_->close();
  // lws destroys a context on a loop of ours in steps: each time it has to be called again when the loop
  // has closed what the step before left to it. At the end it sets context_ to nullptr.
  for (int step = 0; context_ && step < 4; ++step) {
    lws_context_destroy(context_);
    for (int turn = 0; turn < 50; ++turn) uv_run(&loop_, UV_RUN_NOWAIT);
  }
  // What was closed above is gone after a turn only, of which there was none without a context.
  uv_run(&loop_, UV_RUN_NOWAIT);
  uv_loop_close(&loop_);
  if (plugins_) lws_plugins_destroy(&plugins_, nullptr, nullptr);
}

std::string Server::start() {
  for (const VhostSummary& vhost : config_.vhosts) {
    std::string problem = listen_problem(vhost);
    if (!problem.empty()) return config_dir_ + "/" + vhost.place + ": " + problem;
  }
  set_descriptor_limit();
  for (auto step : {&Server::load_plugins, &Server::create_context, &Server::create_vhosts}) {
    std::string problem = (this->*step)();
    if (!problem.empty()) return problem;
  }
  watch_signals();
  tell_expiries();
  for (const VhostSummary& vhost : config_.vhosts)
    lwsl_notice("lws-chatd: vhost %s listens on %s\n", vhost.name.c_str(), listening_address(vhost).c_str());
  service_manager_->ready();
  return "";
}

std::string Server::load_plugins() {
  const char* dirs[] = {plugin_dir_.c_str(), nullptr};
  // What it returns means different things in lws 4.1 and 4.3; what it found tells.
  lws_plugins_init(&plugins_, dirs, "lws_protocol_plugin", nullptr, nullptr, nullptr);
  for (lws_plugin* plugin = plugins_; plugin; plugin = plugin->list) {
    const auto* exported = reinterpret_cast<const lws_plugin_protocol_t*>(plugin->hdr);
    for (int i = 0; i < exported->count_protocols; ++i) {
      const lws_protocols* protocol = &exported->protocols[i];
      bool ours = std::strcmp(protocol->name, "lws-chat") == 0;
      // The first one also answers what belongs to no protocol.
      protocols_.insert(ours ? protocols_.begin() : protocols_.end(), protocol);
      if (ours) chat_ = static_cast<const lws_chat_ops*>(protocol->user);
    }
  }
  if (!chat_) return plugin_dir_ + ": lws could not load libprotocol_lws_chat.so; -d info says why";
  if (chat_->version < LWS_CHAT_OPS_VERSION)
    return plugin_dir_ + ": the plugin is older than this lws-chatd, install the one that belongs to it";
  if (std::strcmp(chat_->lws_version, LWS_LIBRARY_VERSION) != 0)
    return plugin_dir_ + ": the plugin is built for libwebsockets " + chat_->lws_version + ", this is " +
           LWS_LIBRARY_VERSION;
  protocols_.front() = tls_vhosts_.listen_through(protocols_.front());
  protocols_.push_back(nullptr);
  return "";
}

std::string Server::create_context() {
  // Not LWS_SERVER_OPTION_VALIDATE_UTF8: the plugin validates, and of a close frame's reason lws makes no 1007.
  info_.options =
      LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN;
  if (!system_has_ipv6()) {
    lwsl_notice("lws-chatd: this system has no IPv6, listening on IPv4 only\n");
    info_.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
  }
  info_.pprotocols = protocols_.data();
  info_.pt_serv_buf_size = 8192;
  // The vhosts have no policy of their own, because lws's parser clears it: they take the context's.
  info_.retry_and_idle_policy = &kNoIdleTimers;
  info_.max_http_header_data = kMaxHead;
  // lws copies every string and keeps a small structure for most of them.
  config_strings_.resize(65536 + 8 * config_.total_bytes);
  char* strings = config_strings_.data();
  int left = static_cast<int>(config_strings_.size());
  if (lwsws_get_config_globals(&info_, config_dir_.c_str(), &strings, &left))
    return config_dir_ + ": libwebsockets does not understand the configuration; the lines above say more";
  void* loops[] = {&loop_};
  info_.foreign_loops = loops;
  info_.pcontext = &context_;
  context_ = lws_create_context(&info_);
  info_.foreign_loops = nullptr;
  if (!context_) return "libwebsockets did not start; is the package libwebsockets-evlib-uv installed?";
  info_.pprotocols = protocols_.data();
  if (lwsws_get_config_vhosts(context_, &info_, config_dir_.c_str(), &strings, &left))
    return config_dir_ + ": lws could not make the vhosts; the lines above say more";
  return "";
}

std::string Server::create_vhosts() {
  // lws's parser goes on quietly after a file whose vhost failed.
  for (const VhostSummary& vhost : config_.vhosts)
    if (!lws_get_vhost_by_name(context_, vhost.name.c_str()))
      return "vhost " + vhost.name + " did not start; the lines above say more";
  // Starts the protocols and drops privileges now rather than in the first loop turn, so that a
  // failure is seen here.
  if (lws_protocol_init(context_)) return "could not start the protocols or drop privileges; the lines above say more";
  if (chat_->misconfigured(context_)) return "lws-chat is misconfigured; the lines above say how";
  return "";
}

void Server::hold_reloads() { mask_hangup(SIG_BLOCK); }

void Server::watch_signals() {
  int numbers[] = {SIGTERM, SIGINT, SIGHUP};
  for (size_t i = 0; i < std::size(numbers); ++i) {
    uv_signal_init(&loop_, &signals_[i]);
    signals_[i].data = this;
    uv_signal_start(&signals_[i], on_signal, numbers[i]);
  }
  mask_hangup(SIG_UNBLOCK);
  uv_timer_init(&loop_, &drain_timer_);
  drain_timer_.data = this;
  uv_timer_init(&loop_, &certificate_timer_);
  certificate_timer_.data = this;
  uv_timer_start(&certificate_timer_, on_certificate_timer, kCertificateMs, kCertificateMs);
  uv_timer_init(&loop_, &log_timer_);
  uv_timer_start(
      &log_timer_, [](uv_timer_t*) { flush_log(); }, kLogMs, kLogMs);
}

int Server::run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
  return 0;
}

void Server::on_signal(uv_signal_t* handle, int number) {
  auto* self = static_cast<Server*>(handle->data);
  if (number == SIGHUP) return self->reload();
  if (self->drain_deadline_) return uv_stop(&self->loop_);
  lwsl_notice("lws-chatd: %s: closing all clients\n", number == SIGTERM ? "SIGTERM" : "SIGINT");
  self->begin_drain();
}

// Each step on its own: one that fails keeps nothing from the others.
void Server::reload() {
  guarded("SIGHUP", [this] { service_manager_->reloading(); });
  guarded("SIGHUP: certificates", [this] { reload_certificates(); });
  chat_->reload(context_);
  guarded("SIGHUP", [this] { tell_what_waits_for_a_restart(); });
  guarded("SIGHUP", [this] { service_manager_->ready(); });
}

void Server::begin_drain() {
  uint64_t longest = uint64_t{chat_->drain_seconds(context_)} * 1000 + kDrainMs;
  guarded("telling the service manager", [=] { service_manager_->stopping(2 * kDrainMs + longest); });
  chat_->drain(context_);
  drain_deadline_ = uv_now(&loop_) + longest;
  uv_timer_start(&drain_timer_, on_drain_timer, 0, kDrainPollMs);
}

void Server::on_drain_timer(uv_timer_t* handle) { static_cast<Server*>(handle->data)->check_drain(); }

void Server::check_drain() {
  size_t left = chat_->connections(context_);
  if (left > 0 && uv_now(&loop_) < drain_deadline_) return;
  if (left > 0)
    lwsl_warn("lws-chatd: %zu clients did not take their last messages in time\n", left);
  else
    lwsl_notice("lws-chatd: all clients are closed\n");
  uv_stop(&loop_);
}

void Server::on_certificate_timer(uv_timer_t* handle) {
  guarded("looking at certificates", [self = static_cast<Server*>(handle->data)] { self->watch_certificates(); });
}

void Server::watch_certificates() {
  std::set<std::string> warnings;
  for (const TlsVhosts::Vhost& vhost : tls_vhosts_.made()) {
    const X509* certificate = vhost.certificate();
    std::string warning = certificate ? time_warning(certificate) : "";
    if (!warning.empty()) warnings.insert(vhost.config->certificate + ": " + warning);
  }
  for (const std::string& warning : warnings) lwsl_warn("lws-chatd: %s\n", warning.c_str());
}

void Server::tell_expiries() {
  for (const TlsVhosts::Vhost& vhost : tls_vhosts_.made())
    if (const X509* certificate = vhost.certificate()) chat_->certificate_expires(vhost.vhost, expiry_of(certificate));
}

void Server::tell_what_waits_for_a_restart() {
  for (const std::string& file : changed_files(config_dir_, config_texts_))
    lwsl_warn("lws-chatd: SIGHUP: %s/%s was changed after the start, which counts from the next restart on\n",
              config_dir_.c_str(), file.c_str());
}

void Server::reload_certificates() {
  std::set<std::pair<std::string, std::string>> pairs;
  for (const VhostSummary& vhost : config_.vhosts)
    if (vhost.tls) pairs.emplace(vhost.certificate, vhost.key);
  if (pairs.empty()) lwsl_notice("lws-chatd: SIGHUP: no certificates to reload\n");
  for (const auto& [certificate, key] : pairs) {
    CertificateCheck check = check_certificate(certificate, key);
    if (!check.problem.empty()) {
      lwsl_err("lws-chatd: SIGHUP: %s; the certificate in use stays\n", check.problem.c_str());
      continue;
    }
    if (!check.warning.empty()) lwsl_warn("lws-chatd: SIGHUP: %s\n", check.warning.c_str());
    lws_tls_cert_updated(context_, certificate.c_str(), key.c_str(), nullptr, 0, nullptr, 0);
    lwsl_notice("lws-chatd: SIGHUP: %s is in use for new connections\n", certificate.c_str());
  }
  tell_expiries();
}

}  // namespace lws_chat
