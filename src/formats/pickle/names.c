#include "formats/pickle/names.h"

#include "base/status.h"

struct module_pair {
	const char *old, *new;
};

struct name_pair {
	const char *old_module, *old_name, *new_module, *new_name;
};

static const struct module_pair modules[] = {
	{"BaseHTTPServer", "http.server"},
	{"CGIHTTPServer", "http.server"},
	{"ConfigParser", "configparser"},
	{"Cookie", "http.cookies"},
	{"Dialog", "tkinter.dialog"},
	{"DocXMLRPCServer", "xmlrpc.server"},
	{"FileDialog", "tkinter.filedialog"},
	{"HTMLParser", "html.parser"},
	{"Queue", "queue"},
	{"ScrolledText", "tkinter.scrolledtext"},
	{"SimpleDialog", "tkinter.simpledialog"},
	{"SimpleHTTPServer", "http.server"},
	{"SimpleXMLRPCServer", "xmlrpc.server"},
	{"SocketServer", "socketserver"},
	{"StringIO", "io"},
	{"Tix", "tkinter.tix"},
	{"Tkconstants", "tkinter.constants"},
	{"Tkdnd", "tkinter.dnd"},
	{"Tkinter", "tkinter"},
	{"UserDict", "collections"},
	{"UserList", "collections"},
	{"UserString", "collections"},
	{"__builtin__", "builtins"},
	{"_abcoll", "collections.abc"},
	{"_elementtree", "xml.etree.ElementTree"},
	{"_winreg", "winreg"},
	{"anydbm", "dbm"},
	{"cPickle", "pickle"},
	{"cStringIO", "io"},
	{"commands", "subprocess"},
	{"cookielib", "http.cookiejar"},
	{"copy_reg", "copyreg"},
	{"dbhash", "dbm.bsd"},
	{"dbm", "dbm.ndbm"},
	{"dumbdbm", "dbm.dumb"},
	{"dummy_thread", "_dummy_thread"},
	{"gdbm", "dbm.gnu"},
	{"htmlentitydefs", "html.entities"},
	{"httplib", "http.client"},
	{"markupbase", "_markupbase"},
	{"repr", "reprlib"},
	{"robotparser", "urllib.robotparser"},
	{"test.test_support", "test.support"},
	{"thread", "_thread"},
	{"tkColorChooser", "tkinter.colorchooser"},
	{"tkCommonDialog", "tkinter.commondialog"},
	{"tkFileDialog", "tkinter.filedialog"},
	{"tkFont", "tkinter.font"},
	{"tkMessageBox", "tkinter.messagebox"},
	{"tkSimpleDialog", "tkinter.simpledialog"},
	{"ttk", "tkinter.ttk"},
	{"urllib2", "urllib.request"},
	{"urlparse", "urllib.parse"},
	{"whichdb", "dbm"},
	{"xmlrpclib", "xmlrpc.client"},
};

static const struct name_pair names[] = {
	{"UserDict", "IterableUserDict", "collections", "UserDict"},
	{"UserDict", "UserDict", "collections", "UserDict"},
	{"UserList", "UserList", "collections", "UserList"},
	{"UserString", "UserString", "collections", "UserString"},
	{"__builtin__", "basestring", "builtins", "str"},
	{"__builtin__", "intern", "sys", "intern"},
	{"__builtin__", "long", "builtins", "int"},
	{"__builtin__", "reduce", "functools", "reduce"},
	{"__builtin__", "unichr", "builtins", "chr"},
	{"__builtin__", "unicode", "builtins", "str"},
	{"__builtin__", "xrange", "builtins", "range"},
	{"_multiprocessing", "Connection", "multiprocessing.connection", "Connection"},
	{"_socket", "fromfd", "socket", "fromfd"},
	{"itertools", "ifilter", "builtins", "filter"},
	{"itertools", "ifilterfalse", "itertools", "filterfalse"},
	{"itertools", "imap", "builtins", "map"},
	{"itertools", "izip", "builtins", "zip"},
	{"itertools", "izip_longest", "itertools", "zip_longest"},
	{"multiprocessing", "AuthenticationError", "multiprocessing.context", "AuthenticationError"},
	{"multiprocessing", "BufferTooShort", "multiprocessing.context", "BufferTooShort"},
	{"multiprocessing", "ProcessError", "multiprocessing.context", "ProcessError"},
	{"multiprocessing", "TimeoutError", "multiprocessing.context", "TimeoutError"},
	{"multiprocessing.forking", "Popen", "multiprocessing.popen_fork", "Popen"},
	{"multiprocessing.process", "Process", "multiprocessing.context", "Process"},
	{"socket", "_socketobject", "socket", "SocketType"},
	{"urllib", "ContentTooShortError", "urllib.error", "ContentTooShortError"},
	{"urllib", "getproxies", "urllib.request", "getproxies"},
	{"urllib", "pathname2url", "urllib.request", "pathname2url"},
	{"urllib", "quote", "urllib.parse", "quote"},
	{"urllib", "quote_plus", "urllib.parse", "quote_plus"},
	{"urllib", "unquote", "urllib.parse", "unquote"},
	{"urllib", "unquote_plus", "urllib.parse", "unquote_plus"},
	{"urllib", "url2pathname", "urllib.request", "url2pathname"},
	{"urllib", "urlcleanup", "urllib.request", "urlcleanup"},
	{"urllib", "urlencode", "urllib.parse", "urlencode"},
	{"urllib", "urlopen", "urllib.request", "urlopen"},
	{"urllib", "urlretrieve", "urllib.request", "urlretrieve"},
	{"urllib2", "HTTPError", "urllib.error", "HTTPError"},
	{"urllib2", "URLError", "urllib.error", "URLError"},
	{"whichdb", "whichdb", "dbm", "whichdb"},
};

/* Of module "exceptions"; they all moved to builtins. */
static const char *const exceptions[] = {
	"ArithmeticError", "AssertionError", "AttributeError", "BaseException", "BufferError",
	"BytesWarning", "DeprecationWarning", "EOFError", "EnvironmentError", "Exception",
	"FloatingPointError", "FutureWarning", "GeneratorExit", "IOError", "ImportError",
	"ImportWarning", "IndentationError", "IndexError", "KeyError", "KeyboardInterrupt",
	"LookupError", "MemoryError", "NameError", "NotImplementedError", "OSError",
	"OverflowError", "PendingDeprecationWarning", "ReferenceError", "RuntimeError", "RuntimeWarning",
	"StopIteration", "SyntaxError", "SyntaxWarning", "SystemError", "SystemExit",
	"TabError", "TypeError", "UnboundLocalError", "UnicodeDecodeError", "UnicodeEncodeError",
	"UnicodeError", "UnicodeTranslateError", "UnicodeWarning", "UserWarning", "ValueError",
	"Warning", "ZeroDivisionError",
};

static bool translate_exception(struct bytes *module, struct bytes *name)
{
	bool standard = bytes_same(*name, "StandardError");
	bool known = standard;

	if (!bytes_same(*module, "exceptions"))
		return false;
	for (size_t i = 0; i < COUNT_OF(exceptions) && !known; i++)
		known = bytes_same(*name, exceptions[i]);
	if (!known)
		return false;
	*module = BYTES("builtins");
	if (standard)
		*name = BYTES("Exception");
	return true;
}

static bool translate_pair(struct bytes *module, struct bytes *name)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (!bytes_same(*module, names[i].old_module) || !bytes_same(*name, names[i].old_name))
			continue;
		*module = bytes_of(names[i].new_module);
		*name = bytes_of(names[i].new_name);
		return true;
	}
	return false;
}

void translate_python2_name(struct bytes *module, struct bytes *name)
{
	if (translate_exception(module, name) || translate_pair(module, name))
		return;
	for (size_t i = 0; i < COUNT_OF(modules); i++) {
		if (!bytes_same(*module, modules[i].old))
			continue;
		*module = bytes_of(modules[i].new);
		return;
	}
}
