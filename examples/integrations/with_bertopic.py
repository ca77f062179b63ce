"""BERTopic: what a collection of texts is about. pip install bertopic"""

from bertopic import BERTopic
from sklearn.decomposition import PCA
from texts import Timed, requests

from bertlite_fast import SentenceTransformer

texts = requests(1000)
# UMAP, which is usual here, first compiles itself for a minute.
topics = BERTopic(embedding_model=SentenceTransformer(), umap_model=PCA(5), min_topic_size=20)
with Timed("sorted", len(texts)):
    topics.fit(texts)
print(topics.get_topic_info()[["Count", "Name"]].head())
print(topics.find_topics("switch on the light", top_n=1))
