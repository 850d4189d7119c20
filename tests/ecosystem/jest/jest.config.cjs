module.exports = { testEnvironment: 'jsdom', testMatch: ['**/*.spec.cjs'], transform: {} };
