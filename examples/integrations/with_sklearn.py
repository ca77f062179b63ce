"""scikit-learn: the first step of a Pipeline. pip install scikit-learn"""

from sklearn.cluster import MiniBatchKMeans
from sklearn.pipeline import make_pipeline
from texts import Timed, requests

from bertlite_fast.integrations.sklearn import BertliteEmbedder

texts = requests()
groups = make_pipeline(BertliteEmbedder(normalize=True), MiniBatchKMeans(5, random_state=1))
with Timed("grouped", len(texts)):
    found = groups.fit_predict(texts)
for group in range(5):
    members = [text for text, label in zip(texts, found) if label == group]
    print(len(members), members[:2])
