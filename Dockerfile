FROM python:3.13-slim
WORKDIR /fuuro
COPY requirements/runtime.txt requirements/runtime.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY . .
RUN pip install --no-cache-dir --no-deps . && useradd --system fuuro && install -d -o fuuro -g fuuro -m 700 /data
ENV FUURO_DATA=/data
VOLUME /data
USER fuuro
CMD ["sh", "-c", "fuuro migrate && exec fuuro serve"]
