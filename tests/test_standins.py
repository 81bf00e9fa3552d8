"""A file's own work goes on without the data, plots and answers that are not there, and what was replaced is told."""

import numpy as np
import pytest

from checkgrad.child.data_sizes import DataSizes, next_sizes
from checkgrad.child.request import call
from checkgrad.child.wanted import Tell, Watch
from checkgrad.sandbox import Worker
from checkgrad.sandbox.watching import Watching, WatchRequest

WATCH = Watch((Tell(None, first=2, last=1),), longest=50)


def watched(tmp_path, source):
    """The run of a script's own work, and the last value of each text."""
    path = tmp_path / "student.py"
    path.write_text(source)
    with Worker(path) as worker:
        watching = Watching(worker)
        (run,) = watching.run([WatchRequest("own work", WATCH, work=True)])
        last = {watching.nodes[k].text: told[-1].value for k, told in run.told.items() if told}
    return run, last


SOURCES = {
    "a table with labels in front": (
        "import numpy as np, pandas as pd\ndata = np.array(pd.read_csv('train.csv'))\nX, y = data[:, 1:] / 255, data[:, 0]\nW = np.zeros((784, 10))\nY = np.zeros((len(y), 10))\nY[np.arange(len(y)), y] = 1\nW -= X.T @ (X @ W - Y)\nend = W",
        "pandas.read_csv",
    ),
    "a table with labels at the end": (
        "import pandas as pd, numpy as np\ndf = pd.read_csv('d.csv')\nX = df.drop('Outcome', axis=1).values\ny = df['Outcome'].values.reshape(-1, 1)\nW = np.zeros((8, 1))\nW -= X.T @ (X @ W - y)\nend = W",
        "pandas.read_csv",
    ),
    "a table that is cut by position": (
        "import pandas as pd, numpy as np\ndf = pd.read_csv('d.csv')\nX, y = df.iloc[:, 0:4].values, df.iloc[:, 4].values\nend = X * y[:, None]",
        "pandas.read_csv",
    ),
    "a matrix in a text": (
        "from numpy import loadtxt, zeros\nd = loadtxt('marks.txt', delimiter=',')\nX, y = d[:, 0:2], d[:, 2]\nend = X.T @ y",
        "np.loadtxt(marks.txt)",
    ),
    "a thousand rows set aside": (
        "import numpy as np\nd = np.genfromtxt('x.csv', delimiter=',')\nend = d[1000:].max(axis=0)",
        "np.genfromtxt(x.csv)",
    ),
    "rows of a file": (
        "import csv, numpy as np\nrows = []\nwith open('iris.csv') as f:\n    r = csv.reader(f)\n    next(r)\n    for row in r:\n        rows.append([float(v) for v in row])\nd = np.array(rows)\nend = d[:, :4] * d[:, 4:]",
        "the file iris.csv",
    ),
    "pickled groups of digits": (
        "import pickle, gzip, numpy as np\ntr, va, te = pickle.load(gzip.open('mnist.pkl.gz'), encoding='latin1')\nX, y = tr\nend = (X @ np.zeros((784, 10)) - np.eye(10)[y]).sum(axis=0)",
        "pickle.load()",
    ),
    "digits of a library": (
        "from keras.datasets import mnist\nfrom keras.utils import to_categorical\n(a, b), (c, d) = mnist.load_data()\nX = a.reshape(a.shape[0], 784).astype('float32') / 255\nend = X.T @ to_categorical(b, 10)",
        "keras.datasets.mnist.load_data",
    ),
    "flowers": (
        "from sklearn.datasets import load_iris\nfrom sklearn.model_selection import train_test_split\nfrom sklearn.preprocessing import StandardScaler\niris = load_iris()\nX = StandardScaler().fit_transform(iris.data)\na, b, c, d = train_test_split(X, iris.target, test_size=0.2)\nassert a.shape == (120, 4) and d.shape == (30,)\nend = a * c[:, None]",
        "sklearn.datasets.load_iris",
    ),
    "labels as texts": (
        "from sklearn.datasets import fetch_openml\nm = fetch_openml('mnist_784', version=1, return_X_y=True)\nX, y = m\nend = X[:, 0] * y.astype(int)",
        "sklearn.datasets.fetch_openml",
    ),
    "moons": (
        "from sklearn.datasets import make_moons\nX, y = make_moons(100, noise=0.1)\nend = X * y[:, None]",
        "sklearn.datasets.make_moons",
    ),
    "a helper of a course, in columns": (
        "import numpy as np\nfrom planar import load_planar\nX, Y = load_planar()\nW = np.zeros((4, 2))\nZ = np.dot(W, X)\nend = np.dot(Z - Y, X.T)",
        "planar.load_planar",
    ),
    "binary digits": (
        "import struct, numpy as np\nwith open('train-images-idx3-ubyte', 'rb') as f:\n    magic, n, r, c = struct.unpack('>IIII', f.read(16))\n    end = np.frombuffer(f.read(), np.uint8).reshape(n, r * c)",
        "the file train-images-idx3-ubyte",
    ),
    "an answer": ("n = int(input('how many? '))\nend = n * 2", "input()"),
    "groups under keys": (
        "import h5py, numpy as np\nf = h5py.File('a.h5', 'r')\nx, y = np.array(f['set_x'][:]), np.array(f['set_y'][:])\nend = x * y[:, None]",
        "h5py.File",
    ),
    "digits of which all sixty thousand are counted": (
        "import gzip, numpy as np\nwith gzip.open('train-images-idx3-ubyte.gz') as f:\n    f.read(16)\n    buffer = f.read(28 * 28 * 60000)\nX = np.frombuffer(buffer, dtype=np.uint8).reshape(60000, 784) / 255\nend = X @ np.zeros((784, 10))",
        "the file train-images-idx3-ubyte.gz",
    ),
    "images and labels in files of their own": (
        "import numpy as np\nX, y = np.load('data/train_images.npy'), np.load('data/train_labels.npy')\nT = np.eye(10)[y]\nend = (X.reshape(len(X), -1) @ np.zeros((784, 10)) - T).sum(axis=0)",
        "np.load(data/train_labels.npy)",
    ),
    "whole numbers in a text": (
        "import csv\nwith open('train.csv') as f:\n    rows = [[int(v) for v in row] for row in csv.reader(f)]\nend = sum(map(sum, rows))",
        "the file train.csv",
    ),
    "numbers between blanks": (
        "import numpy as np\nd = np.array([[float(v) for v in line.split()] for line in open('train.txt')])\nend = d[:, 1:].sum()",
        "the file train.txt",
    ),
    "batches of more samples than a few": (
        "import numpy as np, pandas as pd\nX = pd.read_csv('d.csv').values\nmean, count = 0, len(X) // 64\nfor i in range(count):\n    mean += X[i * 64:(i + 1) * 64].mean()\nend = mean / count / (count > 0) + 1 // count",
        "pandas.read_csv",
    ),
    "labels in so many batches": (
        "import idx2numpy, numpy as np\ny = idx2numpy.convert_from_file('train-labels').reshape(600, 100)\nend = np.eye(10)[y[0]]",
        "idx2numpy.convert_from_file",
    ),
    "a column by its name": (
        "import pandas as pd\ndf = pd.read_csv('iris.csv')\nend = (df.species + 1) * df.iloc[:, 0]",
        "pandas.read_csv",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "instead"), SOURCES.values(), ids=SOURCES)
def test_data_that_are_not_there_are_stood_in_for(tmp_path, source, instead):
    run, last = watched(tmp_path, source + "\nprint(end + 0)")
    assert run.errors == ()
    assert instead in run.instead
    assert np.size(last["end + 0"])


@pytest.mark.parametrize("files", ["glob.glob('data/*.txt')", "os.listdir('data')"])
def test_a_folder_without_files_counts_as_data_that_are_not_there(tmp_path, files):
    """What stops for want of them is no fault of the code's own."""
    run, _ = watched(tmp_path, f"import glob, os\nend = 1 / len({files})")
    assert run.errors and len(run.instead) == 1


def test_plots_progress_and_pauses_cost_nothing(tmp_path):
    source = "import time\nimport matplotlib.pyplot as plt\nfrom tqdm import tqdm\nfor i in tqdm(range(3)):\n    time.sleep(60)\nfig, ax = plt.subplots(2, 2)\nax[0, 0].plot([i])\nplt.show()\nend = i + 1"
    run, last = watched(tmp_path, source)
    assert run.errors == () and run.instead == ()
    assert last["i + 1"] == 3 and run.seconds < 30


def test_a_progress_bar_is_what_the_library_makes_of_it(tmp_path):
    source = "from tqdm import tqdm, trange\nend = 0\nwith tqdm((n for n in range(3)), leave=False) as bar:\n    for n in bar:\n        bar.set_postfix(loss=n)\n        end = end + n\nbar = trange(4)\nfor n in bar:\n    bar.set_description('x')\nend = end + len(bar)"
    run, last = watched(tmp_path, source)
    assert run.errors == () and run.instead == ()
    assert last["end + len(bar)"] == 7


COMMANDS = {
    "required words": "p.add_argument('--layers', type=int, nargs='+', required=True)\np.add_argument('folder')\na = p.parse_args()\nend = sum(a.layers) + len(a.folder)",
    "one of several commands": "s = p.add_subparsers(dest='what', required=True)\nt = s.add_parser('train')\nt.add_argument('--rate', type=float, required=True)\na = p.parse_args()\nend = a.rate * 2",
    "a word by its place": "import sys\nend = int(sys.argv[1]) * 2",
}  # fmt: skip


@pytest.mark.parametrize("source", COMMANDS.values(), ids=COMMANDS)
def test_what_a_command_line_has_to_say_is_said(tmp_path, source):
    head = "import argparse\np = argparse.ArgumentParser()\n"
    run, last = watched(tmp_path, head + source + "\nprint(end + 0)")
    assert run.errors == ()
    assert last["end + 0"] > 0


def test_a_function_that_a_command_line_would_call_is_called(tmp_path):
    source = "import fire\ndef main(epochs, rate=0.5):\n    print(epochs * rate)\nfire.Fire(main)\n"
    run, last = watched(tmp_path, source)
    assert run.errors == ()
    assert last["epochs * rate"] == 1.0


def test_what_would_be_written_is_not(tmp_path):
    source = "import os, numpy as np\nos.makedirs('out/a')\nnp.savez('out/a/w.npz', w=np.ones(3))\nwith open('out/b.txt', 'w') as f:\n    f.write('x')\nend = 1 + 0\n"
    run, _ = watched(tmp_path, source)
    assert run.errors == ()


def test_files_that_are_there_are_read(tmp_path):
    (tmp_path / "other.py").write_text("x = 1\n")
    source = "import os\nend = len(open(os.path.abspath('student.py')).read()) + 0 if os.path.exists('student.py') else -1\n"
    run, _ = watched(tmp_path, source)
    assert run.errors == ()


def test_a_script_without_such_data_is_told_nothing(tmp_path):
    run, _ = watched(tmp_path, "import numpy as np\nx = np.ones(3)\nprint(x + 1)")
    assert run.instead == ()


def test_python_is_itself_again_afterwards(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(
        "import numpy as np\ndef f():\n    return np.loadtxt('nothing.txt')\nif __name__ == '__main__':\n    f()\n"
    )
    with Worker(path) as worker:
        (run,) = Watching(worker).run([WatchRequest("own work", WATCH, work=True)])
        (plain,) = worker.ask([call("f")])
    assert run.errors == ()
    assert plain.raised == "FileNotFoundError"


@pytest.mark.parametrize(
    ("message", "due"),
    [
        ("shapes (40,6) and (784,30) not aligned: 6 (dim 1) != 784 (dim 0)", {"features": 784}),
        ("operands could not be broadcast together with shapes (40,10) (40,2) ", {"classes": 10}),
        ("cannot reshape array of size 240 into shape (40,28,28)", {"features": 784}),
        ("matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature (n?,k),(k,m?)->(n?,m?) (size 8 is different from 6)", {"features": 8}),
        ("arrays used as indices must be of integer (or boolean) type", {"whole": True}),
    ],
    ids=["dot", "broadcast", "reshape", "matmul", "indices"],
)  # fmt: skip
def test_a_message_says_which_size_is_due(message, due):
    found = next_sizes(DataSizes(), message)[0]
    assert {name: getattr(found, name) for name in due} == due


def test_what_an_error_says_that_is_swallowed_counts(tmp_path):
    source = "import numpy as np, pandas as pd\ntry:\n    X = pd.read_csv('d.csv').values[:, 1:]\n    W = np.zeros((30, 2))\n    end = X @ W\nexcept Exception as error:\n    print(error)\n"
    run, last = watched(tmp_path, source)
    assert run.errors == ()
    assert last["X @ W"].shape[1] == 2


def test_rows_that_are_set_aside_behind_many_are_there(tmp_path):
    source = "import numpy as np\nd = np.loadtxt('mnist_train.csv', delimiter=',')\ntrain, rest = d[:50000], d[50000:]\nend = rest[:, 1:].mean(axis=0)\nprint(end + 0)"
    run, last = watched(tmp_path, source)
    assert run.errors == ()
    assert last["end + 0"].shape == (784,)
