#include "collector/http_server.h"

#include <fmt/format.h>

#include <atomic>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>

#include "base/log.h"

namespace forewarn {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

struct HostPort {
  std::string host;
  std::string port;
};

StatusOr<HostPort> SplitHostPort(const std::string& text) {
  size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size()) {
    return InvalidArgument(fmt::format("'{}' is not HOST:PORT", text));
  }
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return HostPort{host, text.substr(colon + 1)};
}

std::string ToString(const tcp::endpoint& endpoint) {
  std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

// What all connections share; outlives them.
struct Shared {
  HttpOptions options;
  std::vector<HttpRoute> routes;
  std::atomic<int64_t> connections = 0;
  std::atomic<bool> stopping = false;
};

HttpResponse Answer(const Shared& shared, const HttpRequest& request) {
  std::string allowed;
  for (const HttpRoute& route : shared.routes) {
    if (route.path != request.path) continue;
    if (route.method == request.method) return route.handler(request);
    allowed += (allowed.empty() ? "" : ", ") + route.method;
  }
  if (!allowed.empty()) {
    return {405, fmt::format("{} answers {} only\n", request.path, allowed)};
  }
  std::string doors;
  for (const HttpRoute& route : shared.routes) {
    doors += (doors.empty() ? "" : ", ") + route.method + " " + route.path;
  }
  return {404, fmt::format("there is nothing at this path; there is {}\n", doors)};
}

// One connection, on its own strand. Keeps itself alive through the operation that is under way.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
    ++shared_.connections;
  }
  ~Connection() { --shared_.connections; }

  void Start(bool too_many) {
    if (too_many) {
      close_after_ = true;
      Reply({503, "too many connections; try again later\n"}, 11, false);
      return;
    }
    Read();
  }

 private:
  void Read() {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(shared_.options.max_header_bytes));
    parser_->body_limit(static_cast<uint64_t>(shared_.options.max_body_bytes));
    // The first byte may take its time on a kept connection; from then on the request has to come.
    stream_.expires_after(served_ == 0 ? shared_.options.request_timeout
                                       : shared_.options.idle_timeout);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, size_t) { self->HeaderRead(error); });
  }

  void HeaderRead(error_code error) {
    if (error) return ReadFailed(error);
    stream_.expires_after(shared_.options.request_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, size_t) {
                       if (error) return self->ReadFailed(error);
                       self->Handle();
                     });
  }

  void ReadFailed(error_code error) {
    close_after_ = true;
    if (error == http::error::header_limit) {
      return Reply({431, fmt::format("the header is longer than {} bytes\n",
                                     shared_.options.max_header_bytes)},
                   11, false);
    }
    if (error == http::error::body_limit) {
      return Reply(
          {413, fmt::format("the body is longer than {} bytes\n", shared_.options.max_body_bytes)},
          11, false);
    }
    // A connection that just ends, or stalls, has nobody left to tell.
    if (error.category() != beast::http::make_error_code(http::error::bad_method).category() ||
        error == http::error::end_of_stream || error == http::error::partial_message) {
      return Close();
    }
    Reply({400, "this is not an HTTP/1.1 request: " + error.message() + "\n"}, 11, false);
  }

  void Handle() {
    const auto& message = parser_->get();
    std::string_view target(message.target().data(), message.target().size());
    size_t mark = target.find('?');
    HttpRequest request;
    bool head = message.method() == http::verb::head;
    request.method = head ? "GET" : std::string(message.method_string());
    request.path = std::string(target.substr(0, mark));
    if (mark != std::string_view::npos) request.query = std::string(target.substr(mark + 1));
    request.content_type = std::string(message[http::field::content_type]);
    request.body = message.body();
    close_after_ = !message.keep_alive() || shared_.stopping;
    HttpResponse response = Answer(shared_, request);
    Reply(std::move(response), message.version(), head);
  }

  void Reply(HttpResponse answer, unsigned version, bool head) {
    response_.emplace(static_cast<http::status>(answer.status), version);
    response_->set(http::field::server, "forewarn");
    response_->set(http::field::content_type, answer.content_type);
    response_->set("X-Content-Type-Options", "nosniff");
    response_->keep_alive(!close_after_);
    response_->body() = std::move(answer.body);
    response_->prepare_payload();
    if (head) response_->body().clear();  // the length stays that of the whole
    stream_.expires_after(shared_.options.request_timeout);
    auto done = [self = shared_from_this()](error_code error, size_t) { self->Written(error); };
    if (head) {
      header_.emplace(*response_);
      http::async_write_header(stream_, *header_, std::move(done));
    } else {
      http::async_write(stream_, *response_, std::move(done));
    }
  }

  void Written(error_code error) {
    header_.reset();
    response_.reset();
    ++served_;
    if (error || close_after_ || shared_.stopping) return Close();
    Read();
  }

  void Close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.close();
  }

  beast::tcp_stream stream_;
  Shared& shared_;

  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  std::optional<http::response_serializer<http::string_body>> header_;
  bool close_after_ = false;
  uint64_t served_ = 0;
};

}  // namespace

struct HttpServer::Impl {
  explicit Impl(const HttpOptions& options) : context(static_cast<int>(options.threads)) {
    shared.options = options;
  }

  void Accept() {
    acceptor.async_accept(asio::make_strand(context), [this](error_code error, tcp::socket socket) {
      if (shared.stopping) return;
      if (!error) {
        bool too_many = shared.connections >= shared.options.max_connections;
        std::make_shared<Connection>(std::move(socket), shared)->Start(too_many);
      } else {
        // Out of descriptors, or the peer was gone already. Accepting again at once would spin.
        FW_LOG(kWarn, "http.accept_failed", {{"reason", error.message()}});
        pause.expires_after(Duration(100));
        pause.async_wait([this](error_code stopped) {
          if (!stopped && !shared.stopping) Accept();
        });
        return;
      }
      Accept();
    });
  }

  Shared shared;
  asio::io_context context;
  tcp::acceptor acceptor{context};
  asio::steady_timer pause{context};
  std::string address;
  std::vector<std::thread> threads;
};

StatusOr<std::unique_ptr<HttpServer>> HttpServer::Open(const HttpOptions& options,
                                                       std::vector<HttpRoute> routes) {
  FW_ASSIGN_OR_RETURN(HostPort where, SplitHostPort(options.listen));
  auto impl = std::make_unique<Impl>(options);
  impl->shared.routes = std::move(routes);
  error_code error;
  auto endpoints =
      tcp::resolver(impl->context).resolve(where.host, where.port, tcp::resolver::passive, error);
  tcp::endpoint endpoint;
  if (!error) endpoint = endpoints.begin()->endpoint();
  if (!error) impl->acceptor.open(endpoint.protocol(), error);
  if (!error) impl->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) impl->acceptor.bind(endpoint, error);
  if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return Unavailable(
        fmt::format("listening for HTTP on {}: {}; is another collector running, or is "
                    "http.listen not an address of this host?",
                    options.listen, error.message()));
  }
  impl->address = ToString(impl->acceptor.local_endpoint());
  impl->Accept();
  for (int64_t i = 0; i < options.threads; ++i) {
    impl->threads.emplace_back([raw = impl.get()] { raw->context.run(); });
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->shared.stopping = true;
  // Handlers that are running finish; what waits for the network is dropped with the context.
  impl_->context.stop();
  for (std::thread& thread : impl_->threads) thread.join();
}

const std::string& HttpServer::address() const { return impl_->address; }

}  // namespace forewarn
