#include "client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "event_stream.h"
#include "structured.h"
#include "structured_proto.h"

namespace bench {
namespace {

constexpr size_t kReadBuffer = size_t{1} << 20;
constexpr size_t kMostUnparsed = kReadBuffer / 2;
constexpr size_t kMostUnsent = size_t{64} << 20;
constexpr int kStalledReceiveBuffer = 4096;

std::string error_text(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

}  // namespace

Network::Network(const Options& given) : options(given), buffer(kReadBuffer) {
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  if (inet_pton(AF_INET, options.host.c_str(), &address.sin_addr) != 1)
    throw std::runtime_error("not an IPv4 address: " + options.host);
  publish_address = address;
  if (options.publish_port) publish_address.sin_port = htons(options.publish_port);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  publishers_epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = kGroup;
  if (epoll < 0 || publishers_epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, publishers_epoll, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll");
  unsigned char nonce[16];
  for (unsigned char& byte : nonce) byte = static_cast<unsigned char>(random() >> 8);
  key = base64(nonce, sizeof nonce);
  accept = accept_of(key);
  if (options.deflate) inflater = std::make_unique<Inflater>(kMostUnparsed);
  if (!options.tls) return;
  tls = SSL_CTX_new(TLS_client_method());
  if (!tls) throw std::runtime_error("SSL_CTX_new");
  SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_read_ahead(tls, 1);
  SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

Network::~Network() {
  if (tls) SSL_CTX_free(tls);
  if (publishers_epoll >= 0) ::close(publishers_epoll);
  if (epoll >= 0) ::close(epoll);
}

Client::Client(Network& network, Owner& owner, uint32_t number, Role role)
    : network_(network), owner_(owner), number_(number), role_(role) {}

Client::~Client() {
  if (ssl_) SSL_free(ssl_);
  if (fd_ >= 0) ::close(fd_);
}

void Client::connect(const std::string& path, const std::string& channel) {
  path_ = path;
  channel_ = channel;
  began_ = now();
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return end(error_text("socket"));
  int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (role_.stalled) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kStalledReceiveBuffer, sizeof kStalledReceiveBuffer);
  const sockaddr_in& address = role_.publishes ? network_.publish_address : network_.address;
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS)
    return end(error_text("connect"));
  unsent_ = opening();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u32 = number_;
  watches_writeable_ = true;
  if (epoll_ctl(epoll(), EPOLL_CTL_ADD, fd_, &event) != 0) return end(error_text("epoll_ctl"));
  state_ = State::kConnecting;
}

// Its first message.
std::string Client::opening() const {
  const Options& options = network_.options;
  std::string host = " HTTP/1.1\r\nHost: " + options.host + ":" + std::to_string(options.port);
  if (role_.speech == Speech::kPosts) return {};
  if (role_.speech == Speech::kEvents) return "GET " + path_ + host + "\r\nAccept: text/event-stream\r\n\r\n";
  return "GET " + path_ + host +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
         network_.key + (options.subprotocol.empty() ? "" : "\r\nSec-WebSocket-Protocol: " + options.subprotocol) +
         (options.deflate ? "\r\nSec-WebSocket-Extensions: permessage-deflate" : "") + "\r\n\r\n";
}

void Client::become_open() {
  state_ = State::kOpen;
  if (role_.stalled) epoll_ctl(epoll(), EPOLL_CTL_DEL, fd_, nullptr);
  owner_.opened(*this);
}

void Client::handle(uint32_t events) {
  if (state_ == State::kConnecting || state_ == State::kTls) proceed();
  if (state_ != State::kHandshake && state_ != State::kSubscribing && state_ != State::kOpen) return;
  if (events & EPOLLOUT) flush();
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read();
  if (state_ >= State::kSubscribing && state_ != State::kEnded && !unsent_.empty() && !watches_writeable_) flush();
}

// Up to the point where the request can be sent.
void Client::proceed() {
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error) {
      errno = error;
      return end(error_text("connect"));
    }
    state_ = network_.tls ? State::kTls : State::kHandshake;
    if (network_.tls) {
      ssl_ = SSL_new(network_.tls);
      if (!ssl_ || SSL_set_fd(ssl_, fd_) != 1) return end("SSL_new");
    }
  }
  if (state_ == State::kTls) {
    ERR_clear_error();
    int result = SSL_connect(ssl_);
    if (result == 1) {
      state_ = State::kHandshake;
    } else {
      int error = SSL_get_error(ssl_, result);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return end("TLS handshake failed");
      return watch(error == SSL_ERROR_WANT_WRITE);
    }
  }
  // A client that posts gets no greeting.
  if (role_.speech == Speech::kPosts) become_open();
  flush();
}

void Client::queue_text(std::string_view text) {
  switch (role_.speech) {
    case Speech::kText: return queue_frame(Opcode::kText, text);
    case Speech::kStructured: return queue_frame(Opcode::kText, publication(++commands_, channel_, text));
    case Speech::kProto: return queue_frame(Opcode::kBinary, proto::publication(++commands_, channel_, text));
    case Speech::kPosts: return queue_request(text);
    case Speech::kEvents: return;
  }
}

void Client::queue_request(std::string_view body) {
  const Options& options = network_.options;
  unsent_.append("POST ").append(path_).append(" HTTP/1.1\r\nHost: ").append(options.host);
  if (!options.key.empty()) unsent_.append("\r\nAuthorization: apikey ").append(options.key);
  unsent_.append("\r\nContent-Type: text/plain\r\nContent-Length: ").append(std::to_string(body.size()));
  unsent_.append("\r\n\r\n").append(body);
}

void Client::queue_frame(Opcode opcode, std::string_view payload) {
  uint32_t key = network_.mask_key();
  char bytes[4];
  std::memcpy(bytes, &key, sizeof bytes);
  append_frame(unsent_, opcode, payload, bytes);
}

void Client::flush() {
  size_t sent = 0;
  while (sent < unsent_.size()) {
    ssize_t taken;
    if (ssl_) {
      ERR_clear_error();
      taken = SSL_write(ssl_, unsent_.data() + sent, static_cast<int>(unsent_.size() - sent));
      if (taken <= 0 && SSL_get_error(ssl_, static_cast<int>(taken)) == SSL_ERROR_WANT_WRITE) break;
    } else {
      taken = ::send(fd_, unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL);
      if (taken < 0 && errno == EAGAIN) break;
    }
    if (taken <= 0) return end(error_text("send"));
    sent += static_cast<size_t>(taken);
  }
  unsent_.erase(0, sent);
  if (unsent_.size() > kMostUnsent) return end("the server does not read");
  watch(!unsent_.empty());
}

void Client::watch(bool writeable) {
  if (writeable == watches_writeable_) return;
  watches_writeable_ = writeable;
  epoll_event event{};
  event.events = writeable ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u32 = number_;
  epoll_ctl(epoll(), EPOLL_CTL_MOD, fd_, &event);
}

// Returns the bytes read. 0: the end. -1: nothing now.
ssize_t Client::receive(char* bytes, size_t room) {
  if (!ssl_) {
    ssize_t got = ::recv(fd_, bytes, room, 0);
    return got < 0 && errno != EAGAIN ? 0 : got;
  }
  ERR_clear_error();
  int got = SSL_read(ssl_, bytes, static_cast<int>(room));
  if (got > 0) return got;
  int error = SSL_get_error(ssl_, got);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

void Client::read() {
  char* buffer = network_.buffer.data();
  for (bool more = true; more;) {
    // The rest of the last read goes in front of this one, in the shared buffer.
    size_t kept = unparsed_.size();
    std::memcpy(buffer, unparsed_.data(), kept);
    ssize_t got = receive(buffer + kept, network_.buffer.size() - kept);
    if (got == 0) return end("closed without a close frame");
    if (got < 0) return;
    size_t size = kept + static_cast<size_t>(got);
    size_t used = consume(buffer, size, now());
    if (state_ == State::kEnded || (role_.stalled && state_ == State::kOpen)) return;
    if (size - used > kMostUnparsed) return end("a frame is too long");
    if (kept || used < size) unparsed_.assign(buffer + used, size - used);
    more = ssl_ != nullptr;  // epoll does not see data that OpenSSL has read ahead
  }
}

size_t Client::consume(char* bytes, size_t size, Nanoseconds when) {
  size_t used = 0;
  if (state_ == State::kHandshake) {
    used = consume_response({bytes, size});
    if (used == 0) return 0;
  }
  while (state_ == State::kOpen || state_ == State::kSubscribing) {
    size_t taken = consume_next(bytes + used, size - used, when);
    if (taken == 0) break;
    used += taken;
  }
  return used;
}

// Returns its size. 0: it is not complete yet.
size_t Client::consume_next(char* bytes, size_t size, Nanoseconds when) {
  if (role_.speech == Speech::kEvents) return consume_event({bytes, size}, when);
  if (role_.speech == Speech::kPosts) return consume_answer({bytes, size}, when);
  Frame frame = first_frame(bytes, size);
  if (frame.size > 0) consume_frame(frame, when);
  return frame.size;
}

// The first event with a name has the reader's position. From there on, the ids are the offsets without a gap.
size_t Client::consume_event(std::string_view bytes, Nanoseconds when) {
  StreamEvent event = first_event(bytes);
  if (event.size == 0) return 0;
  if (event.wrong) {
    end("not an event");
  } else if (state_ == State::kSubscribing) {
    if (event.name != "position") return event.size;
    next_offset_ = offset_of(event.id) + 1;
    become_open();
  } else if (!event.data.empty()) {
    if (!event.name.empty()) {
      end("an event: " + std::string(event.name));
    } else if (offset_of(event.id) != next_offset_++) {
      end("an event with the wrong id");
    } else {
      owner_.received(*this, event.data, when);
    }
  }
  return event.size;
}

size_t Client::consume_answer(std::string_view bytes, Nanoseconds when) {
  ResponseHead head = first_head(bytes);
  if (head.size == 0) return 0;
  size_t length = number_of(field(head.fields, "content-length:"), 0);
  if (length > bytes.size() - head.size) return 0;
  owner_.answered(*this, {head.status, offset_in(bytes.substr(head.size, length))}, when);
  return head.size + length;
}

size_t Client::consume_response(std::string_view response) {
  ResponseHead head = first_head(response);
  if (head.size == 0) return 0;
  bool events = role_.speech == Speech::kEvents;
  if (head.status != (events ? 200 : 101)) {
    end("HTTP " + std::to_string(head.status));
    return 0;
  }
  // This reads events as they come, which is impossible with chunks.
  if (events && (field(head.fields, "content-type:") != "text/event-stream" ||
                 !field(head.fields, "transfer-encoding:").empty())) {
    end("not an event stream");
    return 0;
  }
  if (!events && field(head.fields, "sec-websocket-accept:") != network_.accept) {
    end("wrong Sec-WebSocket-Accept");
    return 0;
  }
  if (role_.speech == Speech::kText) {
    become_open();
    return head.size;
  }
  state_ = State::kSubscribing;
  if (role_.speech == Speech::kStructured) queue_frame(Opcode::kText, greeting(channel_));
  if (role_.speech == Speech::kProto) queue_frame(Opcode::kBinary, proto::greeting(channel_));
  return head.size;
}

void Client::consume_frame(const Frame& frame, Nanoseconds when) {
  if (frame.masked) return end("a masked frame from the server");
  std::string_view payload(frame.payload, frame.payload_size);
  switch (frame.opcode) {
    case Opcode::kText:
    case Opcode::kBinary:
      ++network_.frames;
      network_.frame_bytes += frame.size;
      if (frame.compressed) {
        if (!network_.inflater || !frame.final) return end("a compressed frame");
        payload = network_.inflater->inflate(payload);
      }
      if (frame.final) return consume_messages(payload, when);
      fragments_ = std::make_unique<std::string>(payload);
      return;
    case Opcode::kContinuation:
      if (!fragments_ || fragments_->size() + payload.size() > kMostUnparsed) return end("a wrong continuation");
      fragments_->append(payload);
      if (frame.final) {
        std::unique_ptr<std::string> whole = std::move(fragments_);
        consume_messages(*whole, when);
      }
      return;
    case Opcode::kPing: return queue_frame(Opcode::kPong, payload);
    case Opcode::kPong: return;
    case Opcode::kClose: {
      int code = payload.size() < 2 ? 1005 : static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]);
      return end("closed with " + std::to_string(code));
    }
    default: return end("an unexpected kind of frame");
  }
}

// In the structured dialect in JSON, a frame may have several messages, a line each.
void Client::consume_messages(std::string_view lines, Nanoseconds when) {
  if (role_.speech != Speech::kStructured) return consume_message(lines, when);
  while (!lines.empty() && state_ != State::kEnded) {
    std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (!line.empty()) consume_message(line, when);
  }
}

void Client::consume_message(std::string_view message, Nanoseconds when) {
  if (role_.speech == Speech::kText) return owner_.received(*this, message, when);
  bool in_proto = role_.speech == Speech::kProto;
  std::string_view text = in_proto ? proto::published(message) : published(message);
  if (!text.empty()) return owner_.received(*this, text, when);
  if (in_proto ? proto::is_ping(message) : message == "{}")
    return queue_frame(in_proto ? Opcode::kBinary : Opcode::kText, message);
  if (in_proto ? proto::refused(message) : refused(message))
    return end("refused: " + std::string(message.substr(0, 200)));
  if (state_ != State::kSubscribing || !(in_proto ? proto::subscribed(message) : subscribed(message))) return;
  become_open();
}

void Client::end(const std::string& why) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  if (ssl_) SSL_free(ssl_);
  ssl_ = nullptr;
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  owner_.ended(*this, why);
}

}  // namespace bench
