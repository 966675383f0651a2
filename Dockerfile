# docker build -t mtf-eval . && docker run --rm -v "$PWD/reports:/out" mtf-eval
FROM python:3.13-slim
WORKDIR /mtf
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e .
ENTRYPOINT ["mtf-eval"]
CMD ["run", "data/thanet_2021", "data/example", "--out", "/out/reports"]
