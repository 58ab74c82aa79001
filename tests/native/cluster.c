// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INITDB     "/usr/lib/postgresql/15/bin/initdb"
#define POSTGRES   "/usr/lib/postgresql/15/bin/postgres"
#define WAIT_S     30
#define FROZEN_MAX 64

static char base[] = "/tmp/tidegate-pg-XXXXXX";
static pid_t server;
static pid_t frozen[FROZEN_MAX];
static int frozen_count;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	printf("# cluster: %s: %s; its log:\n", what, strerror(errno));
	fflush(stdout);
	if (chdir(base) || system("sed 's/^/# /' log"))
		printf("# none\n");
	abort();
}

static const char *below(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

/* Runs the program as somebody who is not root, with its output in the log. */
static pid_t spawn(char *const program[])
{
	char *as_other[40] = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
			      "--pdeathsig=QUIT"};
	char *as_self[40] = {"setpriv", "--pdeathsig=QUIT"};
	char **argv = geteuid() ? as_self : as_other;
	int n = geteuid() ? 2 : 5, log = open(below("log"), O_WRONLY | O_APPEND | O_CREAT, 0644);
	pid_t child = fork();

	if (!child) {
		for (int i = 0; program[i]; i++)
			argv[n++] = program[i];
		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
		if (!chdir(base))
			execvp(argv[0], argv);
		_exit(127);
	}
	close(log);
	must(child > 0, "fork");
	return child;
}

static void run(char *const program[])
{
	int status;
	pid_t child = spawn(program);

	must(waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status),
	     program[0]);
}

void cluster_make(void)
{
	static char data[64];
	struct passwd *user = getpwnam("postgres");
	char *const initdb[] = {INITDB,
				"--pgdata",
				data,
				"--auth=trust",
				"--no-sync",
				"--username=postgres",
				"--locale=C.UTF-8",
				"--encoding=UTF8",
				NULL};

	must(mkdtemp(base) != NULL, "directory");
	if (!geteuid())
		must(user && !chown(base, user->pw_uid, user->pw_gid), "owner");
	snprintf(data, sizeof(data), "%s/data", base);
	run(initdb);
	cluster_start();
	cluster_ask("postgres", "CREATE DATABASE tidegate");
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

void cluster_remove(void)
{
	if (server)
		cluster_crash();
	nftw(base, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *cluster_host(void)
{
	return base;
}

void cluster_start(void)
{
	static char data[64], socket[64];
	char *const postgres[] = {
		POSTGRES,
		"-D",
		data,
		"-c",
		"listen_addresses=",
		"-c",
		socket,
		"-c",
		"fsync=off", /* the machine goes on; what the server wrote is there */
		"-c",
		"shared_buffers=16MB",
		"-c",
		"max_connections=20",
		"-c",
		"log_min_messages=fatal",
		NULL};
	char connection[128];
	time_t end = time(NULL) + WAIT_S;

	snprintf(data, sizeof(data), "%s/data", base);
	snprintf(socket, sizeof(socket), "unix_socket_directories=%s", base);
	snprintf(connection, sizeof(connection), "host=%s user=postgres dbname=postgres", base);
	server = spawn(postgres);
	while (PQping(connection) != PQPING_OK) {
		must(time(NULL) < end && !waitpid(server, NULL, WNOHANG),
		     "the server does not start");
		usleep(5000);
	}
}

static void end_server(int signal)
{
	must(!kill(server, signal) && waitpid(server, NULL, 0) == server, "ending the server");
	server = 0;
}

void cluster_crash(void)
{
	end_server(SIGQUIT);
}

void cluster_stop(void)
{
	end_server(SIGINT);
}

/* Stops the children of the server, which are sessions of their own; one that ends meanwhile may hide another. */
static void freeze_children(void)
{
	char path[64];
	FILE *children;
	int pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", server, server);
	children = fopen(path, "re");
	must(children != NULL, path);
	while (fscanf(children, "%d", &pid) == 1 && frozen_count < FROZEN_MAX)
		if (!kill(pid, SIGSTOP))
			frozen[frozen_count++] = pid;
	fclose(children);
}

void cluster_freeze(void)
{
	int status;

	/* It makes no children any more when it has stopped. */
	must(!kill(server, SIGSTOP) && waitpid(server, &status, WUNTRACED) == server &&
		     WIFSTOPPED(status),
	     "stopping the server");
	frozen_count = 0;
	freeze_children();
	freeze_children();
}

/* Each that was stopped, as the list of children is not to be relied upon. */
void cluster_thaw(void)
{
	while (frozen_count)
		kill(frozen[--frozen_count], SIGCONT);
	must(!kill(server, SIGCONT), "thawing the server");
}

static void say_nothing(void *context, const char *message)
{
	(void)context;
	(void)message;
}

const char *cluster_ask(const char *database, const char *sql)
{
	static char text[4096];
	char string[128];
	PGconn *connection;
	PGresult *result;
	ExecStatusType status;

	snprintf(string, sizeof(string), "host=%s user=postgres dbname=%s", base, database);
	connection = PQconnectdb(string);
	PQsetNoticeProcessor(connection, say_nothing, NULL);
	result = PQexec(connection, sql);
	status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		printf("# %s: %s\n", sql, PQerrorMessage(connection));
		must(false, "a statement fails");
	}
	*text = '\0';
	if (PQntuples(result))
		snprintf(text, sizeof(text), "%s",
			 PQgetisnull(result, 0, 0) ? "NULL" : PQgetvalue(result, 0, 0));
	PQclear(result);
	PQfinish(connection);
	return text;
}
