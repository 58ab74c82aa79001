// SPDX-License-Identifier: GPL-2.0-or-later
#include "web/http.h"

#include "address.h"
#include "log.h"
#include "time_now.h"
#include "web/feed.h"
#include "web/host.h"
#include "web/view.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS    64
#define ASK_S          10 /* until a connection has said what it wants */
#define SILENT_S       30 /* libmicrohttpd's own limit: nothing was read or written */
#define BACKLOG        16
#define EVENT_BYTES    16384 /* that are asked of the feed at once */
#define HOST_NAME_ROOM 256

/* The page, as the Makefile puts it in; its nonce stands where PAGE_NONCE does. */
extern const char page_begin[] __asm__("_binary_user_web_status_html_start");
extern const char page_end[] __asm__("_binary_user_web_status_html_end");
#define PAGE_NONCE  "@@@@@@@@NONCE-OF-THE-ANSWER@@@@@@@@"
#define NONCE_BYTES (sizeof(PAGE_NONCE) - 1)

struct visit {
	int fd;           /* -1: free */
	time_t asks_till; /* CLOCK_MONOTONIC; 0: it has asked, and is being answered */
};

struct http {
	struct web *web;
	struct MHD_Daemon *daemon;
	int fd; /* that listens */
	bool status_page;
	char own_name[HOST_NAME_ROOM];
	pthread_mutex_t lock;
	struct visit visit[CONNECTIONS];
};

/* ---- connections that do not ask --------------------------------------------------------------------------------- */

static void begin_visit(struct http *http, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	pthread_mutex_lock(&http->lock);
	for (size_t i = 0; info && i < CONNECTIONS && !*context; i++) {
		if (http->visit[i].fd >= 0)
			continue;
		http->visit[i] =
			(struct visit){info->connect_fd, time_now_s(CLOCK_MONOTONIC) + ASK_S};
		*context = &http->visit[i];
	}
	pthread_mutex_unlock(&http->lock);
	view_wake(http->web);
}

/* libmicrohttpd says that a connection begins; or that it is over, before it closes the socket. */
static void note_connection(void *context, struct MHD_Connection *connection, void **visit,
			    enum MHD_ConnectionNotificationCode code)
{
	struct http *http = context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		begin_visit(http, connection, visit);
	} else if (*visit) {
		pthread_mutex_lock(&http->lock);
		((struct visit *)*visit)->fd = -1;
		pthread_mutex_unlock(&http->lock);
	}
}

/* `seconds`: until it has to have asked; 0: it has. */
static void set_visit(struct http *http, struct MHD_Connection *connection, time_t seconds)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct visit *visit = info ? info->socket_context : NULL;

	if (!visit)
		return;
	pthread_mutex_lock(&http->lock);
	visit->asks_till = seconds ? time_now_s(CLOCK_MONOTONIC) + seconds : 0;
	pthread_mutex_unlock(&http->lock);
}

static void note_answered(void *context, struct MHD_Connection *connection, void **request,
			  enum MHD_RequestTerminationCode code)
{
	(void)request;
	(void)code;
	set_visit(context, connection, ASK_S);
}

bool http_look(struct http *http)
{
	time_t now = time_now_s(CLOCK_MONOTONIC);
	bool any = false;

	pthread_mutex_lock(&http->lock);
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct visit *visit = &http->visit[i];

		if (visit->fd < 0)
			continue;
		any = true;
		if (visit->asks_till && visit->asks_till <= now)
			shutdown(visit->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&http->lock);
	return any;
}

/* ---- answers ------------------------------------------------------------------------------------------------------- */

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	MHD_add_response_header(response, name, value);
}

/* Takes the response. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status,
			      struct MHD_Response *response, const char *type)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	add_header(response, "X-Content-Type-Options", "nosniff");
	add_header(response, "Referrer-Policy", "no-referrer");
	add_header(response, "Cross-Origin-Resource-Policy", "same-origin");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned int status,
				   const char *text)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);

	if (response && status == MHD_HTTP_METHOD_NOT_ALLOWED)
		add_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (response && status == MHD_HTTP_SERVICE_UNAVAILABLE)
		add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "10");
	return answer(connection, status, response, "text/plain; charset=utf-8");
}

static bool make_nonce(char nonce[NONCE_BYTES])
{
	static const char digits[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
	unsigned char random[NONCE_BYTES];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return false;
	for (size_t i = 0; i < NONCE_BYTES; i++)
		nonce[i] = digits[random[i] % 64];
	return true;
}

/* Only what carries the answer's own nonce may run or dress the page, and only from here may anything be loaded. */
static void add_policy(struct MHD_Response *response, const char nonce[NONCE_BYTES])
{
	static const char form[] = "default-src 'none'; script-src 'nonce-%.*s'; "
				   "style-src 'nonce-%.*s'; connect-src 'self'; img-src data:; "
				   "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
	char policy[sizeof(form) + 2 * NONCE_BYTES];

	snprintf(policy, sizeof(policy), form, (int)NONCE_BYTES, nonce, (int)NONCE_BYTES, nonce);
	add_header(response, "Content-Security-Policy", policy);
}

static enum MHD_Result answer_page(struct MHD_Connection *connection)
{
	size_t bytes = (size_t)((uintptr_t)page_end - (uintptr_t)page_begin);
	struct MHD_Response *response;
	char nonce[NONCE_BYTES], *page = malloc(bytes + 1);

	if (!page || !make_nonce(nonce)) {
		free(page);
		return MHD_NO;
	}
	memcpy(page, page_begin, bytes);
	page[bytes] = '\0';
	for (char *at = page; (at = strstr(at, PAGE_NONCE)); at += NONCE_BYTES)
		memcpy(at, nonce, NONCE_BYTES);
	response = MHD_create_response_from_buffer(bytes, page, MHD_RESPMEM_MUST_FREE);
	if (response)
		add_policy(response, nonce);
	else
		free(page);
	return answer(connection, MHD_HTTP_OK, response, "text/html; charset=utf-8");
}

static enum MHD_Result answer_metrics(struct http *http, struct MHD_Connection *connection)
{
	enum exposition_format format = exposition_negotiate(
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
	struct MHD_Response *response;
	size_t bytes = 0;
	char *text = view_metrics(http->web, format, &bytes);

	if (!text)
		return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "Memory is short.\n");
	response = MHD_create_response_from_buffer(bytes, text, MHD_RESPMEM_MUST_FREE);
	if (response)
		add_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT);
	else
		free(text);
	return answer(connection, MHD_HTTP_OK, response, exposition_content_type(format));
}

static enum MHD_Result answer_events(struct http *http, struct MHD_Connection *connection)
{
	struct viewer *viewer = view_join(http->web, connection);
	struct MHD_Response *response;

	if (!viewer)
		return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "Too many status pages are open.\n");
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, EVENT_BYTES, feed_read,
						     viewer, feed_leave);
	if (!response) {
		feed_leave(viewer);
		return MHD_NO;
	}
	return answer(connection, MHD_HTTP_OK, response, "text/event-stream");
}

/* ---- questions ----------------------------------------------------------------------------------------------------- */

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result answer_path(struct http *http, struct MHD_Connection *connection,
				   const char *path)
{
	bool is_page = !strcmp(path, "/") && http->status_page;

	if (!host_is_ours(header_of(connection, MHD_HTTP_HEADER_HOST), http->own_name))
		return answer_text(
			connection, MHD_HTTP_MISDIRECTED_REQUEST,
			"Ask by address, as localhost, or by this machine's host name.\n");
	if (!fetch_is_allowed(header_of(connection, "Sec-Fetch-Site"),
			      header_of(connection, "Sec-Fetch-Mode"), is_page))
		return answer_text(connection, MHD_HTTP_FORBIDDEN,
				   "Pages of other sites may not read this.\n");
	if (!strcmp(path, "/metrics"))
		return answer_metrics(http, connection);
	if (is_page)
		return answer_page(connection);
	if (!strcmp(path, "/events") && http->status_page)
		return answer_events(http, connection);
	return answer_text(connection, MHD_HTTP_NOT_FOUND,
			   http->status_page ? "There are / and /metrics.\n"
					     : "There is /metrics.\n");
}

/* libmicrohttpd calls this when the headers are there, and again when the body is, which is always empty here. */
static enum MHD_Result ask(void *context, struct MHD_Connection *connection, const char *path,
			   const char *method, const char *version, const char *upload,
			   size_t *upload_bytes, void **request)
{
	static char seen;
	struct http *http = context;

	(void)version;
	(void)upload;
	if (!*request) {
		*request = &seen;
		set_visit(http, connection, 0);
		if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
			return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
					   "Nothing can be changed here.\n");
		if (header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH) ||
		    header_of(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING))
			return answer_text(connection, MHD_HTTP_BAD_REQUEST,
					   "A question has no body.\n");
		return MHD_YES;
	}
	if (*upload_bytes)
		return MHD_NO;
	return answer_path(http, connection, path);
}

/* ---- beginning and end --------------------------------------------------------------------------------------------- */

/* A listening socket, or a negative errno. */
static int listen_at(const struct tg_addr *address, uint16_t port_be)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = port_be};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = port_be};
	bool is_v4 = address_is_ipv4(address);
	const struct sockaddr *where =
		is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
	int fd = socket(where->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0)
		return -errno;
	memcpy(&v4.sin_addr, address->bytes + 12, sizeof(v4.sin_addr));
	memcpy(&v6.sin6_addr, address->bytes, sizeof(v6.sin6_addr));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!is_v4)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, where, is_v4 ? sizeof(v4) : sizeof(v6)) || listen(fd, BACKLOG)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static void explain(const struct config_daemon *config, int err)
{
	char text[ENDPOINT_TEXT];

	log_error("metrics: cannot listen on %s: %s",
		  endpoint_format(&config->listen, config->listen_port_be, text), strerror(-err));
	if (err == -EADDRINUSE)
		log_hint("another program has this port; `ss -ltnp` names it");
	else if (err == -EADDRNOTAVAIL)
		log_hint("the address has to be one of this machine's");
}

static struct http *http_new(const struct config_daemon *config, struct web *web)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http)
		return NULL;
	http->web = web;
	http->status_page = config->status_page;
	pthread_mutex_init(&http->lock, NULL);
	for (size_t i = 0; i < CONNECTIONS; i++)
		http->visit[i].fd = -1;
	if (gethostname(http->own_name, sizeof(http->own_name) - 1))
		http->own_name[0] = '\0';
	return http;
}

static void say_nothing(void *context, const char *format, va_list arguments)
{
	(void)context;
	(void)format;
	(void)arguments;
}

/* Paths are compared as they came: none of ours needs an escape, and what follows %00 would be cut off. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

static struct MHD_Daemon *serve(struct http *http)
{
	return MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
			MHD_USE_ERROR_LOG,
		0, NULL, NULL, ask, http,
		/* What clients do wrong is not for the log. Has to be the first option. */
		MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_UNESCAPE_CALLBACK,
		keep_escapes, NULL, MHD_OPTION_LISTEN_SOCKET, http->fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SILENT_S,
		MHD_OPTION_NOTIFY_CONNECTION, note_connection, http, MHD_OPTION_NOTIFY_COMPLETED,
		note_answered, http, MHD_OPTION_END);
}

struct http *http_start(const struct config_daemon *config, struct web *web)
{
	struct http *http = http_new(config, web);

	if (!http) {
		explain(config, -ENOMEM);
		return NULL;
	}
	http->fd = listen_at(&config->listen, config->listen_port_be);
	if (http->fd < 0) {
		explain(config, http->fd);
		http_stop(http);
		return NULL;
	}
	http->daemon = serve(http);
	if (!http->daemon) {
		log_error("metrics: the HTTP server cannot be started");
		http_stop(http);
		return NULL;
	}
	return http;
}

void http_stop(struct http *http)
{
	if (!http)
		return;
	if (http->daemon)
		MHD_stop_daemon(http->daemon); /* closes the listening socket */
	else if (http->fd >= 0)
		close(http->fd);
	pthread_mutex_destroy(&http->lock);
	free(http);
}
