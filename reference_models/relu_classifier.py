"""
ReLU network from scratch: 2 inputs, 100 and 25 hidden units, 3 classes.

Plain gradient descent with L2 regularization on points in the plane: class 0 lies above a
noisy sine, classes 1 and 2 are the left and the right half of what is below.
"""
import numpy as np


def generate_data(n=1500, noise=0.1, seed=0):
    """Points X (n, 2) and integer labels y (n,)."""
    rng = np.random.RandomState(seed)
    X = rng.uniform(-1, 1, size=(n, 2))
    curve = 0.5 * np.sin(np.pi * X[:, 0]) + noise * rng.randn(n)
    line = noise * rng.randn(n)
    y = np.where(X[:, 1] > curve, 0, np.where(X[:, 0] < line, 1, 2))
    return X, y


def init_params(sizes=(2, 100, 25, 3), seed=0):
    """Small random weights and zero biases."""
    rng = np.random.RandomState(seed)
    params = {}
    for i in range(1, len(sizes)):
        params['W%d' % i] = rng.randn(sizes[i - 1], sizes[i]) * np.sqrt(2.0 / sizes[i - 1])
        params['b%d' % i] = np.zeros((1, sizes[i]))
    return params


def relu(x):
    return np.maximum(0, x)


def softmax_classifier(scores, y):
    """
    Softmax loss and its gradient on the scores.

    scores: (N, C), y: N integer labels
    """
    num_examples = scores.shape[0]
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)

    correct_logprobs = -np.log(probs[range(num_examples), y])
    loss = np.sum(correct_logprobs) / num_examples

    dscores = probs.copy()
    dscores[range(num_examples), y] -= 1
    dscores /= num_examples
    return loss, dscores


def forward(X, params):
    """Scores of the three layer network, and the hidden layers."""
    hidden1 = relu(np.dot(X, params['W1']) + params['b1'])
    hidden2 = relu(np.dot(hidden1, params['W2']) + params['b2'])
    scores = np.dot(hidden2, params['W3']) + params['b3']
    return scores, (hidden1, hidden2)


def loss_and_grads(X, y, params, reg=1e-3):
    """Data loss + regularization loss, and the gradient of it on every parameter."""
    scores, (hidden1, hidden2) = forward(X, params)
    loss, dscores = softmax_classifier(scores, y)
    for i in (1, 2, 3):
        loss += 0.5 * reg * np.sum(params['W%d' % i] ** 2)

    grads = {}
    grads['W3'] = np.dot(hidden2.T, dscores)
    grads['b3'] = np.sum(dscores, axis=0, keepdims=True)

    dhidden2 = np.dot(dscores, params['W3'].T)
    dhidden2[hidden2 <= 0] = 0
    grads['W2'] = np.dot(hidden1.T, dhidden2)
    grads['b2'] = np.sum(dhidden2, axis=0, keepdims=True)

    dhidden1 = np.dot(dhidden2, params['W2'].T)
    dhidden1[hidden1 <= 0] = 0
    grads['W1'] = np.dot(X.T, dhidden1)
    grads['b1'] = np.sum(dhidden1, axis=0, keepdims=True)

    # regularization gradient: the biases are left alone
    for i in (1, 2, 3):
        grads['W%d' % i] += reg * params['W%d' % i]
    return loss, grads


def predict(X, params):
    scores, _ = forward(X, params)
    return np.argmax(scores, axis=1)


def accuracy(X, y, params):
    return np.mean(predict(X, params) == y)


def train(X, y, params, step_size=0.5, reg=1e-3, num_iters=1000, verbose=False):
    """Gradient descent on the whole data; params are changed in place."""
    losses = []
    for i in range(num_iters):
        loss, grads = loss_and_grads(X, y, params, reg)
        losses.append(loss)
        if verbose and i % 200 == 0:
            print('iteration %d: loss %f' % (i, loss))
        for name in params:
            params[name] -= step_size * grads[name]
    return losses


if __name__ == '__main__':
    import matplotlib.pyplot as plt

    X, y = generate_data()
    params = init_params()
    losses = train(X, y, params, verbose=True)
    print('training accuracy: %.3f' % accuracy(X, y, params))

    xx, yy = np.meshgrid(np.linspace(-1, 1, 200), np.linspace(-1, 1, 200))
    regions = predict(np.c_[xx.ravel(), yy.ravel()], params).reshape(xx.shape)
    plt.subplot(1, 2, 1)
    plt.plot(losses)
    plt.subplot(1, 2, 2)
    plt.contourf(xx, yy, regions, alpha=0.6)
    plt.scatter(X[:, 0], X[:, 1], c=y, s=5)
    plt.show()
