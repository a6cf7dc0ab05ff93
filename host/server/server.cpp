#include "host/server/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "host/check/config_file.h"
#include "host/log/logging.h"
#include "host/server/descriptor_limit.h"
#include "host/server/listen_check.h"
#include "lws/guard.h"

namespace lws_chat {
namespace {

// When the server ends, clients have this long to take the messages that wait for them.
constexpr uint64_t kDrainMs = 5000;
constexpr uint64_t kDrainPollMs = 20;

// Interval of the check for certificates that soon expire. At the start the configuration's check does this.
constexpr uint64_t kCertificateMs = uint64_t{24} * 3600 * 1000;

// Interval for writing log lines again that stderr had no room for.
constexpr uint64_t kLogMs = 1000;

// Largest head of a request. lws's default of 4096 is too small for browsers, because any program on the same host may
// have set cookies. lws allocates it while a request is read and answered. Pages of it that stay unwritten cost
// nothing.
constexpr unsigned short kMaxHead = 32768;

// lws watches every WebSocket with a timer of its own, which the plugin's pings make useless. It keeps these timers in
// one sorted list and walks it at each accept and each pong, so both get slower with every connection. A hang-up after
// 0 s turns the timers off. lws ignores the structure unless the ping's time is set as well.
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

// On a system without IPv6, lws still tries to open IPv6 sockets unless told not to. It then goes on without listening.
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
      tls_vhosts_(config_.vhosts),
      certificates_(config_.vhosts, tls_vhosts_) {
  uv_loop_init(&loop_);
  service_manager_ = std::make_unique<ServiceManager>(&loop_);
}

Server::~Server() {
  auto close_handle = [](uv_handle_t* handle) {
    if (handle->loop && !uv_is_closing(handle)) uv_close(handle, nullptr);
  };
  for (uv_signal_t& handle : signals_) close_handle(reinterpret_cast<uv_handle_t*>(&handle));
  // Ignore further signals: one that arrives now would kill the process, and its exit code would tell of a failure.
  for (int number : {SIGTERM, SIGINT}) std::signal(number, SIG_IGN);
  close_handle(reinterpret_cast<uv_handle_t*>(&drain_timer_));
  close_handle(reinterpret_cast<uv_handle_t*>(&certificate_timer_));
  close_handle(reinterpret_cast<uv_handle_t*>(&log_timer_));
  service_manager_->close();
  // On a foreign loop, lws destroys its context in steps: after each call the loop closes some handles, then lws must
  // be called again. The last step sets context_ to nullptr.
  for (int step = 0; context_ && step < 4; ++step) {
    lws_context_destroy(context_);
    for (int turn = 0; turn < 50; ++turn) uv_run(&loop_, UV_RUN_NOWAIT);
  }
  // A closed handle is gone after one turn of the loop. Without a context there was no turn yet.
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
  certificates_.start(context_, chat_);
  for (const VhostSummary& vhost : config_.vhosts)
    lwsl_notice("lws-chatd: vhost %s listens on %s\n", vhost.name.c_str(), listening_address(vhost).c_str());
  service_manager_->ready();
  return "";
}

std::string Server::load_plugins() {
  const char* dirs[] = {plugin_dir_.c_str(), nullptr};
  // The returned value means different things in lws 4.1 and 4.3, so look at the list of plugins instead.
  lws_plugins_init(&plugins_, dirs, "lws_protocol_plugin", nullptr, nullptr, nullptr);
  for (lws_plugin* plugin = plugins_; plugin; plugin = plugin->list) {
    const auto* exported = reinterpret_cast<const lws_plugin_protocol_t*>(plugin->hdr);
    for (int i = 0; i < exported->count_protocols; ++i) {
      const lws_protocols* protocol = &exported->protocols[i];
      bool ours = std::strcmp(protocol->name, "lws-chat") == 0;
      // lws hands requests that belong to no protocol to the first one.
      protocols_.insert(ours ? protocols_.begin() : protocols_.end(), protocol);
      if (ours) chat_ = static_cast<const lws_chat_ops*>(protocol->user);
    }
  }
  if (!chat_)
    return plugin_dir_ + ": libwebsockets could not load libprotocol_lws_chat.so; start with -d info to see the reason";
  if (chat_->version < LWS_CHAT_OPS_VERSION)
    return plugin_dir_ + ": the plugin is older than this lws-chatd: install the same version of both";
  if (std::strcmp(chat_->lws_version, LWS_LIBRARY_VERSION) != 0)
    return plugin_dir_ + ": the plugin was built for libwebsockets " + chat_->lws_version + ", lws-chatd for " +
           LWS_LIBRARY_VERSION + ": install packages of one release";
  protocols_.front() = tls_vhosts_.listen_through(protocols_.front());
  protocols_.push_back(nullptr);
  return "";
}

std::string Server::create_context() {
  // Without LWS_SERVER_OPTION_VALIDATE_UTF8, because the plugin validates. lws does not check the reason in a close
  // frame; the plugin does, and answers 1007.
  info_.options =
      LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN;
  if (!system_has_ipv6()) {
    lwsl_notice("lws-chatd: this system has no IPv6, listening on IPv4 only\n");
    info_.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
  }
  info_.pprotocols = protocols_.data();
  info_.extensions = chat_->extensions();
  info_.pt_serv_buf_size = 8192;
  // lws's parser clears a vhost's own policy. The vhosts then use the context's.
  info_.retry_and_idle_policy = &kNoIdleTimers;
  info_.max_http_header_data = kMaxHead;
  // The parser copies every string into this buffer, most of them with a small structure.
  config_strings_.resize(65536 + 8 * config_.total_bytes);
  char* strings = config_strings_.data();
  int left = static_cast<int>(config_strings_.size());
  if (lwsws_get_config_globals(&info_, config_dir_.c_str(), &strings, &left))
    return config_dir_ + ": libwebsockets rejects the configuration; the lines above say more";
  void* loops[] = {&loop_};
  info_.foreign_loops = loops;
  info_.pcontext = &context_;
  context_ = lws_create_context(&info_);
  info_.foreign_loops = nullptr;
  if (!context_) return "libwebsockets could not start: check that the package libwebsockets-evlib-uv is installed";
  info_.pprotocols = protocols_.data();
  if (lwsws_get_config_vhosts(context_, &info_, config_dir_.c_str(), &strings, &left))
    return config_dir_ + ": libwebsockets could not create the vhosts; the lines above say more";
  return "";
}

std::string Server::create_vhosts() {
  // lws's parser goes on in silence when a vhost fails.
  for (const VhostSummary& vhost : config_.vhosts)
    if (!lws_get_vhost_by_name(context_, vhost.name.c_str()))
      return "vhost " + vhost.name + " could not start; the lines above say more";
  // lws would start the protocols and drop privileges in the first turn of the loop. Doing it now shows a failure here.
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

// A step that fails does not stop the next ones.
void Server::reload() {
  guarded("SIGHUP", [this] { service_manager_->reloading(); });
  guarded("SIGHUP: certificates", [this] { certificates_.reload(); });
  chat_->reload(context_);
  guarded("SIGHUP", [this] { warn_of_changed_files(); });
  guarded("SIGHUP", [this] { service_manager_->ready(); });
}

void Server::begin_drain() {
  uint64_t longest = uint64_t{chat_->drain_seconds(context_)} * 1000 + kDrainMs;
  guarded("notifying the service manager", [=] { service_manager_->stopping(2 * kDrainMs + longest); });
  chat_->drain(context_);
  drain_deadline_ = uv_now(&loop_) + longest;
  uv_timer_start(&drain_timer_, on_drain_timer, 0, kDrainPollMs);
}

void Server::on_drain_timer(uv_timer_t* handle) { static_cast<Server*>(handle->data)->check_drain(); }

void Server::check_drain() {
  size_t left = chat_->connections(context_);
  if (left > 0 && uv_now(&loop_) < drain_deadline_) return;
  if (left > 0)
    lwsl_warn("lws-chatd: closed %zu clients that did not take their last messages in time\n", left);
  else
    lwsl_notice("lws-chatd: all clients are closed\n");
  uv_stop(&loop_);
}

void Server::on_certificate_timer(uv_timer_t* handle) {
  guarded("checking when certificates expire",
          [self = static_cast<Server*>(handle->data)] { self->certificates_.warn_of_expiry(); });
}

void Server::warn_of_changed_files() {
  for (const std::string& file : changed_files(config_dir_, config_texts_))
    lwsl_warn("lws-chatd: SIGHUP: %s/%s has changed since the start; restart lws-chatd to apply it\n",
              config_dir_.c_str(), file.c_str());
}

}  // namespace lws_chat
