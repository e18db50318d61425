/* The floor: the least that a server can do for 1,000 readers. One thread, one frame a message, one send(2)
 * a reader; no parser, no queue, nothing stored. Written for `python -m benchmarks`, which reads everything
 * at once: a reader that does not read would stop it.
 *
 *   floor PORT      GET /ws (websocket)   GET /sse   POST /post (the body is the message)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WEBSOCKET, SSE, KINDS, MOST = 65536, ROOM = 8192 };

typedef struct {
    int length;
    char text[ROOM];
} Request;

static Request *asked[MOST];          /* by descriptor: what has come of a request */
static int readers[KINDS][MOST], counts[KINDS];

/* The accept belongs to the example key of RFC 6455, 1.3, which is the one that the client sends. */
static const char UPGRADED[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
static const char STREAM[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n7\r\n: here\n\r\n";
static const char DONE[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static void say(const char *text, int length) {
    char frame[KINDS][ROOM + 32];
    int sizes[KINDS];
    unsigned char head[4] = {0x81, 126, length >> 8, length & 255};
    int short_one = length < 126;
    if (short_one) head[1] = length;
    memcpy(frame[WEBSOCKET], head, short_one ? 2 : 4);
    memcpy(frame[WEBSOCKET] + (short_one ? 2 : 4), text, length);
    sizes[WEBSOCKET] = length + (short_one ? 2 : 4);
    sizes[SSE] = sprintf(frame[SSE], "%x\r\ndata: %.*s\n\n\r\n", length + 8, length, text);
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < counts[kind]; i++) send(readers[kind][i], frame[kind], sizes[kind], MSG_NOSIGNAL);
}

static void follow(int fd, int kind, const char *answer) {
    readers[kind][counts[kind]++] = fd;
    send(fd, answer, strlen(answer), MSG_NOSIGNAL);
}

static void leave(int fd) {
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < counts[kind]; i++)
            if (readers[kind][i] == fd) readers[kind][i] = readers[kind][--counts[kind]];
    close(fd);
}

static void answer(int fd, Request *request) {
    char *body = strstr(request->text, "\r\n\r\n");
    if (!body) return;
    body += 4;
    char *said = strcasestr(request->text, "\r\nContent-Length:");
    int length = said && said < body ? atoi(said + 17) : 0;
    if (request->text + request->length < body + length) return;
    if (!strncmp(request->text, "GET /ws", 7)) follow(fd, WEBSOCKET, UPGRADED);
    else if (!strncmp(request->text, "GET /sse", 8)) follow(fd, SSE, STREAM);
    else {
        if (length) say(body, length);
        send(fd, DONE, sizeof DONE - 1, MSG_NOSIGNAL);
    }
    request->length = 0; /* nobody here sends the next request before the answer */
}

static void receive(int fd) {
    Request *request = asked[fd];
    ssize_t got = recv(fd, request->text + request->length, ROOM - 1 - request->length, MSG_DONTWAIT);
    if (got <= 0) { leave(fd); return; }
    request->length += got;
    request->text[request->length] = 0;
    answer(fd, request);
}

static void let_in(int listening, int poll) {
    int fd = accept(listening, NULL, NULL), yes = 1;
    if (fd < 0 || fd >= MOST) { if (fd >= 0) close(fd); return; }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (!asked[fd]) asked[fd] = malloc(sizeof(Request));
    asked[fd]->length = 0;
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &(struct epoll_event){EPOLLIN, {.fd = fd}});
}

int main(int count, char **words) {
    struct sockaddr_in at = {AF_INET, htons(count > 1 ? atoi(words[1]) : 0), {htonl(INADDR_LOOPBACK)}, {0}};
    int listening = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0), yes = 1;
    struct epoll_event events[512];
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listening, (struct sockaddr *)&at, sizeof at) || listen(listening, 4096)) return perror("floor"), 1;
    epoll_ctl(poll, EPOLL_CTL_ADD, listening, &(struct epoll_event){EPOLLIN, {.fd = listening}});
    for (;;) {
        int ready = epoll_wait(poll, events, 512, -1);
        for (int i = 0; i < ready; i++)
            if (events[i].data.fd == listening) let_in(listening, poll);
            else receive(events[i].data.fd);
    }
}
