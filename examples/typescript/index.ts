// The whole rollout as one component of a program in TypeScript. Its settings are in Pulumi.<stack>.yaml.
import * as claudeCode from "@pulumi/claude-code";

const rollout = new claudeCode.Rollout("everything");

export const residualAccess = rollout.residualAccess;
export const signInApps = rollout.signInApps;
