# For development and CI, not for production: that is `npm run deploy`. It runs the two commands of the README.
FROM node:24-slim
WORKDIR /app
RUN mkdir /state && chown node:node /app /state
USER node
COPY --chown=node:node package.json package-lock.json ./
RUN npm ci
COPY --chown=node:node . .
ENV HOST=0.0.0.0 PORT=8787 STATE_DIR=/state
VOLUME /state
EXPOSE 8787
HEALTHCHECK --start-period=60s CMD ["node", "-e", "fetch('http://127.0.0.1:8787/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["npm", "start"]
