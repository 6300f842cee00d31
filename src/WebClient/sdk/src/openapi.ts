// Made from docs/openapi.json by "npm run types" in tests/openapi-lint; not edited by hand.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AccountAnswer: {
            user: components["schemas"]["UserInfo"];
            session: components["schemas"]["SessionInfo"];
        };
        ActivityBody: {
            active: boolean;
        };
        AddBody: {
            /** Format: uuid */
            clientMessageId?: string;
            userIds: string[];
        };
        ApplicationInfo: {
            /** Format: uuid */
            id: string;
            name: string;
            scopes: string[];
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            revokedAt?: string;
        };
        ApplicationRequest: {
            name: string;
            scopes: string[];
        };
        ApplicationsAnswer: {
            applications: components["schemas"]["ApplicationInfo"][];
        };
        /** @description A call with what its media need. */
        CallAnswer: {
            /** @description The call. */
            call: components["schemas"]["CallInfo"];
            /** @description How the two reach each other; absent when it is over. */
            ice?: components["schemas"]["IceInfo"];
        };
        /** @description Content of a call entry; its sender is who called. */
        CallBody: {
            /**
             * Format: uuid
             * @description The call.
             */
            callId: string;
            /**
             * @description What happened with a call.
             * @enum {unknown}
             */
            event: "started" | "ended" | "missed" | "declined" | "busy" | "cancelled";
            /**
             * Format: int64
             * @description With ended: how long they talked.
             */
            seconds?: number;
        };
        /** @description A call between two, as both may see it. */
        CallInfo: {
            /**
             * Format: uuid
             * @description The call; made by the caller's device.
             */
            id: string;
            /**
             * Format: uuid
             * @description The direct conversation of the two.
             */
            conversationId: string;
            /**
             * Format: uuid
             * @description Who called.
             */
            callerId: string;
            /**
             * Format: uuid
             * @description Who was called.
             */
            calleeId: string;
            /** @description Where it stands. */
            state: components["schemas"]["CallState"];
            /**
             * Format: int64
             * @description Rises with every change; of two copies the one with the higher version holds.
             */
            version: number;
            /**
             * Format: date-time
             * @description When it began to ring.
             */
            startedAt: string;
            /**
             * Format: uuid
             * @description The end of the caller that is in it.
             */
            callerLegId: string;
            /**
             * Format: uuid
             * @description The end of the callee that answered; absent until then.
             */
            calleeLegId?: string;
            /**
             * Format: date-time
             * @description When.
             */
            answeredAt?: string;
            /**
             * Format: date-time
             * @description When it was over.
             */
            endedAt?: string;
            /** @description How it ended. */
            outcome?: components["schemas"]["CallOutcome"];
        };
        CallList: {
            calls: components["schemas"]["CallInfo"][];
        };
        /** @enum {unknown} */
        CallOutcome: "ended" | "cancelled" | "declined" | "busy" | "missed" | "lost" | "failed";
        /** @description One thing that an end tells the other. */
        CallSignal: {
            /** @description What. */
            kind: components["schemas"]["SignalKind"];
            /** @description Offer, answer: the description (RFC 8866), up to the limit maxDescriptionBytes. */
            sdp?: string;
            /** @description Candidates: 1 to 20, in all up to the limit maxCandidates since the last description. */
            candidates?: components["schemas"]["IceCandidate"][];
        };
        /**
         * @description Where a call stands.
         * @enum {unknown}
         */
        CallState: "ringing" | "active" | "ended";
        /** @description A call as one of the two sees it. */
        CallView: {
            /** @description The call. */
            call: components["schemas"]["CallInfo"];
            /** @description What the other end has told, in order; what a newer description made old is left out. */
            signals: components["schemas"]["NumberedSignal"][];
        };
        ChangeBody: {
            /** Format: uuid */
            clientMessageId?: string;
            title?: string;
            history?: components["schemas"]["HistoryVisibility"];
            keep?: components["schemas"]["KeepRule"];
        };
        ChangePasswordRequest: {
            current: string;
            new: string;
        };
        CodeAnswer: {
            code: string;
            /** Format: date-time */
            expiresAt: string;
        };
        /** @description The present state of a conversation for one reader. */
        ConversationInfo: {
            /**
             * Format: uuid
             * @description The conversation.
             */
            id: string;
            /** @description Direct, group, channel or self. */
            kind: components["schemas"]["ConversationKind"];
            /** @description Title of a group or channel; none for a former member, who is not told what it is now. */
            title?: string;
            /** @description What new members see; none for a former member. */
            history?: components["schemas"]["HistoryVisibility"];
            /** @description How long entries are kept, as the owner has set it; none when all are kept, and for a former member. */
            keep?: components["schemas"]["KeepRule"];
            /**
             * Format: int64
             * @description The seq of the last entry that the reader may see; 0 when there is none.
             */
            head: number;
            /**
             * Format: int64
             * @description This state includes every entry up to this seq; a client does not apply members and settings entries at or below it again.
             */
            stateSeq: number;
            /** @description The caller's own side. */
            me: components["schemas"]["OwnState"];
            /**
             * Format: int32
             * @description How many members there are, invited ones not counted.
             */
            memberCount: number;
            /** @description All members, when there are at most as many as the receipt limit (100); absent above it: ask for the list of members. */
            members?: components["schemas"]["MemberInfo"][];
        };
        /**
         * @description What a conversation is.
         * @enum {unknown}
         */
        ConversationKind: "direct" | "group" | "channel" | "self";
        /** @description A page of conversations. */
        ConversationPage: {
            /** @description By id. */
            conversations: components["schemas"]["ConversationInfo"][];
            /** @description True when there are more. */
            more: boolean;
        };
        /** @description What a user wants of one conversation, other than of all. */
        ConversationPushLevel: {
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversationId: string;
            /** @description What the user is told of. */
            level: components["schemas"]["PushLevel"];
        };
        /** @description What is new in one conversation since the cursor. */
        ConversationSync: {
            /** @description Its present state. */
            state: components["schemas"]["ConversationInfo"];
            /** @description The newest entries after the cursor, at most 200, in seq order. */
            entries: components["schemas"]["Entry"][];
            /** @description Older entries that are new too but not here; read them from history. Absent when none. */
            gap?: components["schemas"]["SeqRange"];
        };
        /** @description Content of a created entry. */
        CreatedBody: {
            /**
             * @description What a conversation is.
             * @enum {unknown}
             */
            kind: "direct" | "group" | "channel" | "self";
            /** @description The title of a group or channel. */
            title?: string;
            /** @description The first members, with the owner. */
            members: string[];
        };
        /** @description A push that was given up. */
        DeadPush: {
            /**
             * Format: uuid
             * @description The push.
             */
            id: string;
            /**
             * Format: uuid
             * @description Whom it is for.
             */
            userId: string;
            /** @description The kind of service; absent when the subscription is gone. */
            kind?: components["schemas"]["PushKind"];
            /** @description The service's host. */
            service: string;
            /**
             * Format: uuid
             * @description The message's conversation.
             */
            conversationId: string;
            /**
             * Format: int64
             * @description The message.
             */
            seq: number;
            /**
             * Format: date-time
             * @description When it was decided.
             */
            createdAt: string;
            /**
             * Format: int32
             * @description How often it was tried.
             */
            attempts: number;
            /** @description The last answer. */
            answer?: string;
        };
        DeadPushesAnswer: {
            pushes: components["schemas"]["DeadPush"][];
        };
        DeviceInfo: {
            /** Format: uuid */
            id: string;
            name: string;
            platform: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            lastUsedAt: string;
            isCurrent: boolean;
            region?: string;
        };
        DeviceRequest: {
            /** Format: uuid */
            id?: string;
            name?: string;
            platform?: string;
        };
        DevicesAnswer: {
            devices: components["schemas"]["DeviceInfo"][];
        };
        DraftInfo: {
            /** Format: uuid */
            conversationId: string;
            text: string;
            /** Format: int64 */
            replyTo?: number;
            /** Format: uuid */
            clientMessageId?: string;
            /** Format: date-time */
            at: string;
        };
        DraftRequest: {
            text: string;
            /** Format: int64 */
            replyTo?: number;
            /** Format: uuid */
            clientMessageId?: string;
        };
        DraftsAnswer: {
            /** Format: int64 */
            version: number;
            drafts: components["schemas"]["DraftInfo"][];
        };
        DraftVersion: {
            /** Format: int64 */
            version: number;
        };
        EditBody: {
            /** Format: uuid */
            clientMessageId?: string;
            text: string;
        };
        /**
         * @description One entry of a conversation's log as a reader gets it. A message comes in its present state: an edited one with the new
         *     content, a deleted one without any. An entry about a message that the reader may not see comes without a body.
         */
        Entry: {
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversationId: string;
            /**
             * Format: int64
             * @description Place in the conversation: from 1, without holes.
             */
            seq: number;
            /** @description What it is. */
            kind: components["schemas"]["EntryKind"];
            /**
             * Format: uuid
             * @description Who did it.
             */
            senderId: string;
            /**
             * Format: date-time
             * @description When the server took it, UTC. For show only: order is by seq.
             */
            at: string;
            /**
             * Format: int64
             * @description How many messages the conversation has had up to and with this entry; unread counts are differences of it.
             */
            number: number;
            /**
             * Format: int64
             * @description The seq of the message that an edited, deleted, reaction or pinned entry is about.
             */
            target?: number;
            /** @description By kind: created CreatedBody, message MessageBody, edited MessageBody, reaction ReactionBody, pinned PinnedBody, members MembersBody, settings SettingsBody, signal SignalBody, call CallBody. Absent in deleted entries, and where the reader may not see the message. */
            body?: components["schemas"]["CreatedBody"] | components["schemas"]["MessageBody"] | components["schemas"]["ReactionBody"] | components["schemas"]["PinnedBody"] | components["schemas"]["MembersBody"] | components["schemas"]["SettingsBody"] | components["schemas"]["SignalBody"] | components["schemas"]["CallBody"];
            /**
             * Format: uuid
             * @description The id that the sender's device gave the request; only in the sender's own copies.
             */
            clientMessageId?: string;
            /**
             * Format: int64
             * @description Messages only: the seq of the last entry that changed this message (edit, deletion, reaction, pin); absent when none did. A client applies an entry about a message only when its seq is above this.
             */
            changed?: number;
            /**
             * Format: date-time
             * @description Messages only: when it was last edited.
             */
            editedAt?: string;
            /** @description Messages only: true once deleted for all. */
            isDeleted?: boolean;
            /** @description Messages only: true while pinned. */
            isPinned?: boolean;
            /** @description Messages only: the reactions on it, in the order in which each emoji first came; absent when none. */
            reactions?: components["schemas"]["ReactionGroup"][];
        };
        /**
         * @description What an entry of a log is. The number is stored: never reuse one.
         * @enum {unknown}
         */
        EntryKind: "created" | "message" | "edited" | "deleted" | "reaction" | "pinned" | "members" | "settings" | "signal" | "call";
        ExternalSessionRequest: {
            device?: components["schemas"]["DeviceRequest"];
        };
        ExternalUserRequest: {
            name?: string;
            displayName?: string;
        };
        FriendInfo: {
            user: components["schemas"]["UserInfo"];
            state: string;
        };
        FriendsAnswer: {
            friends: components["schemas"]["FriendInfo"][];
        };
        FriendState: {
            state: string;
        };
        /**
         * @description Whom a user lets add them to groups.
         * @enum {unknown}
         */
        GroupAdditions: "everybody" | "friends";
        GroupBody: {
            title: string;
            userIds: string[];
            history?: components["schemas"]["HistoryVisibility"];
        };
        HangUpBody: {
            /** Format: uuid */
            legId: string;
            /** @default false */
            failed: boolean;
        };
        /** @description A page of history. */
        HistoryPage: {
            /** @description In seq order, only visible ones. */
            entries: components["schemas"]["Entry"][];
            /** @description True when there are more visible ones in the direction asked for. */
            more: boolean;
            /** @description The caller's visible ranges: a seq outside them is no loss. */
            ranges: components["schemas"]["SeqRange"][];
        };
        /** @enum {unknown} */
        HistoryVisibility: "all" | "joined";
        /** @description As in an RTCIceCandidateInit. */
        IceCandidate: {
            /** @description Up to 512 characters; empty: there are no more. */
            candidate: string;
            /** @description Up to 64 characters. */
            sdpMid?: string;
            /**
             * Format: int32
             * @description 0 to 255.
             */
            sdpMLineIndex?: number;
            /** @description Up to 256 characters. */
            usernameFragment?: string;
        };
        /** @description How peer connections of a call are made. */
        IceInfo: {
            /** @description As in an RTCConfiguration. */
            iceServers: components["schemas"]["IceServer"][];
            /** @description True: the two send through a relay only, and so do not learn each other's addresses. */
            relayOnly: boolean;
            /**
             * Format: date-time
             * @description Until when the credentials open a relay; absent when there are none. Ask again for a later restart.
             */
            expiresAt?: string;
        };
        /** @description A STUN or TURN server. */
        IceServer: {
            /** @description Its addresses: `stun:`, `turn:` or `turns:`. */
            urls: string[];
            /** @description Made for this user and call. */
            username?: string;
            /** @description The password to it. Secret. */
            credential?: string;
        };
        JoinBody: {
            /** Format: uuid */
            clientMessageId?: string;
        };
        JoinRoomBody: {
            /** Format: uuid */
            legId: string;
            /** @default false */
            muted: boolean;
            /** @default false */
            deafened: boolean;
        };
        JsonElement: unknown;
        /** @description How long a conversation keeps its entries. Nothing is kept longer than the server's operator says. */
        KeepRule: {
            /**
             * Format: int32
             * @description Days after which entries leave, up to 36,500; 0 keeps them.
             * @default 0
             */
            days: number;
            /**
             * Format: int64
             * @description Entries that are kept at most, up to 1,000,000,000; 0 keeps all.
             * @default 0
             */
            count: number;
        };
        LegBody: {
            /** Format: uuid */
            legId: string;
        };
        Limits: {
            /** Format: int64 */
            answersPerMinute: number;
            /** Format: int64 */
            awayAfterMinutes: number;
            /** Format: int64 */
            callsPerMinute: number;
            /** Format: int64 */
            connectionsPerUser: number;
            /** Format: int64 */
            duplicateDays: number;
            /** Format: int64 */
            heartbeatSeconds: number;
            /** Format: int64 */
            helloSeconds: number;
            /** Format: int64 */
            joinsPerMinute: number;
            /** Format: int64 */
            maxBlocks: number;
            /** Format: int64 */
            maxCandidates: number;
            /** Format: int64 */
            maxConversationsPerUser: number;
            /** Format: int64 */
            maxDescriptionBytes: number;
            /** Format: int64 */
            maxDevices: number;
            /** Format: int64 */
            maxDraftLength: number;
            /** Format: int64 */
            maxDrafts: number;
            /** Format: int64 */
            maxFrameBytes: number;
            /** Format: int64 */
            maxFriends: number;
            /** Format: int64 */
            maxGroupMembers: number;
            /** Format: int64 */
            maxMessageLength: number;
            /** Format: int64 */
            maxPresencePush: number;
            /** Format: int64 */
            maxPushEndpointLength: number;
            /** Format: int64 */
            maxPushSubscriptions: number;
            /** Format: int64 */
            maxRequestBytes: number;
            /** Format: int64 */
            maxWaitSeconds: number;
            /** Format: int64 */
            meshLimit: number;
            /** Format: int64 */
            minPasswordLength: number;
            /** Format: int64 */
            offlineAfterSeconds: number;
            /** Format: int64 */
            presenceGroupLimit: number;
            /** Format: int64 */
            receiptLimit: number;
            /** Format: int64 */
            reconnectSeconds: number;
            /** Format: int64 */
            renewSeconds: number;
            /** Format: int64 */
            ringSeconds: number;
            /** Format: int64 */
            roomParticipants: number;
            /** Format: int64 */
            sessionDays: number;
            /** Format: int64 */
            speakingLimit: number;
            /** Format: int64 */
            typingLimit: number;
        };
        LogInRequest: {
            name: string;
            password: string;
            device?: components["schemas"]["DeviceRequest"];
        };
        MarksBody: {
            /** Format: int64 */
            delivered?: number;
            /** Format: int64 */
            read?: number;
        };
        MeAnswer: {
            user: components["schemas"]["UserInfo"];
            isAdministrator: boolean;
            timeZone: string;
        };
        /** @description One member as others see it. */
        MemberInfo: {
            /**
             * Format: uuid
             * @description Who.
             */
            userId: string;
            /** @description Invited, member, administrator or owner. */
            role: components["schemas"]["MemberRole"];
            /**
             * Format: int64
             * @description Everything up to this seq has reached a device of theirs; absent in conversations above the receipt limit.
             */
            delivered?: number;
            /**
             * Format: int64
             * @description They have read everything up to this seq; absent above the receipt limit.
             */
            read?: number;
        };
        /** @description A page of members. */
        MemberPage: {
            /** @description By user id. */
            members: components["schemas"]["MemberInfo"][];
            /** @description True when there are more. */
            more: boolean;
        };
        /**
         * @description A member's role. The number is stored, and a higher one may do more.
         * @enum {unknown}
         */
        MemberRole: "none" | "invited" | "member" | "administrator" | "owner";
        /** @description Content of a members entry. */
        MembersBody: {
            /**
             * @description What happened to the members in a members entry.
             * @enum {unknown}
             */
            action: "added" | "invited" | "joined" | "left" | "removed" | "role";
            /** @description To whom. */
            userIds: string[];
            /** @enum {unknown} */
            role?: "none" | "invited" | "member" | "administrator" | "owner";
            /**
             * Format: uuid
             * @description When the owner left or handed the conversation over: who owns it now. An owner who stays is an administrator from then on.
             */
            newOwner?: string;
        };
        /** @description Content of a message, and of an entry that edits one. */
        MessageBody: {
            /** @description The text, 1 to MaxMessageLength characters (UTF-16 code units), as it was sent. */
            text: string;
            /**
             * Format: int64
             * @description The seq of the message that it answers; absent when none.
             */
            replyTo?: number;
            /** @description The users whose `@name` stands in the text and who are members; absent when none. */
            mentions?: string[];
            /** @description True when `@all` stands in the text of one who may call all. */
            mentionsAll?: boolean;
        };
        NewApplication: {
            /** Format: uuid */
            id: string;
            key: string;
        };
        /** @description A node of the cluster. */
        NodeInfo: {
            /** @description Its name. */
            id: string;
            /** @description starting, up, unhealthy or draining. */
            state: string;
            /** @description What it does. */
            roles: string[];
            /** @description Where clients reach it; empty when nobody has said. */
            url: string;
            /** @description Its region. */
            region?: string;
            /**
             * Format: int32
             * @description Connections that it is made for.
             */
            capacity: number;
            /**
             * Format: int32
             * @description Live connections.
             */
            connections: number;
            /**
             * Format: double
             * @description Share of all its cores, 0 to 1.
             */
            cpu: number;
            /**
             * Format: int32
             * @description Work that waits in it.
             */
            queue: number;
            /** @description Of its program. */
            version: string;
            /**
             * Format: date-time
             * @description By its own clock.
             */
            startedAt: string;
        };
        NodesAnswer: {
            nodes: components["schemas"]["NodeInfo"][];
        };
        /** @description A signal with its place among those of its call. */
        NumberedSignal: {
            /**
             * Format: int64
             * @description From 1, rising.
             */
            number: number;
            /** @description The signal. */
            signal: components["schemas"]["CallSignal"];
        };
        /** @description The level of one conversation. */
        OwnPushLevel: {
            /** @description Absent: that of all conversations. */
            level?: components["schemas"]["PushLevel"];
        };
        /** @description The caller's own side of a conversation. Other devices of the user have the same. */
        OwnState: {
            /** @description The caller's role; none after an ended membership. */
            role: components["schemas"]["MemberRole"];
            /** @description The visible seqs. A seq outside them is no loss. */
            ranges: components["schemas"]["SeqRange"][];
            /**
             * Format: int64
             * @description Delivered mark.
             */
            delivered: number;
            /**
             * Format: int64
             * @description Read mark.
             */
            read: number;
            /**
             * Format: int64
             * @description Messages by others above the read mark within the visible ranges.
             */
            unread: number;
            /**
             * Format: int64
             * @description Rises with every change of marks and preferences; a client keeps the higher one.
             */
            version: number;
            /**
             * Format: date-time
             * @description No sound or push until then; the year 9999 stands for ever; absent when not muted.
             */
            mutedUntil?: string;
            /**
             * @description Kept on top of the list.
             * @default false
             */
            pinned: boolean;
            /**
             * @description Kept out of the list.
             * @default false
             */
            archived: boolean;
        };
        /** @description Content of a pinned entry. */
        PinnedBody: {
            /** @description False when it was unpinned. */
            pinned: boolean;
        };
        PreferencesBody: {
            /** Format: date-time */
            mutedUntil?: string;
            pinned?: boolean;
            archived?: boolean;
        };
        PresenceAnswer: {
            users: components["schemas"]["PresenceInfo"][];
        };
        PresenceBody: {
            state?: components["schemas"]["PresenceState"];
            status?: components["schemas"]["PresenceStatus"];
        };
        /** @description A user's presence as one other, or the user, may know it. Of a user whom the other may not see, and of one who is not there at all, it is offline and nothing else. */
        PresenceInfo: {
            /**
             * Format: uuid
             * @description Who.
             */
            userId: string;
            /** @description How it is. */
            state: components["schemas"]["PresenceState"];
            /**
             * Format: date-time
             * @description When it was so; never goes back while a server runs.
             */
            asOf: string;
            /**
             * Format: date-time
             * @description With offline: when the user was last seen, if that is known.
             */
            lastSeen?: string;
            /** @description What the user says about just now. */
            status?: components["schemas"]["PresenceStatus"];
            /** @description To the user only: what was chosen last; online is automatic. */
            chosen?: components["schemas"]["PresenceState"];
        };
        /**
         * @description Whether a user is there, and for what.
         * @enum {unknown}
         */
        PresenceState: "offline" | "online" | "away" | "dnd" | "invisible";
        /** @description What a user says about just now. */
        PresenceStatus: {
            /** @description 1 to 140 characters. */
            text: string;
            /**
             * Format: date-time
             * @description Until when it is shown; null: until it is changed.
             */
            expiresAt?: string;
        };
        /**
         * @description Who sees a user's presence.
         * @enum {unknown}
         */
        PresenceVisibility: "everybody" | "friends" | "nobody";
        /** @description A refusal as a client sees it (RFC 9457); the same object on every transport. See docs/protocol.md section 3. */
        Problem: {
            type: string;
            title: string;
            /** Format: int32 */
            status: number;
            code: string;
            detail: string;
            retryable: boolean;
            /** Format: int64 */
            retryAfterMs?: number;
            field?: string;
            /** Format: int64 */
            limit?: number;
            requestId?: string;
        };
        ProfileChange: {
            displayName?: string;
            avatarColour?: string;
            statusText?: string;
            timeZone?: string;
        };
        /**
         * @description What a push says. The number is stored, and a higher one says less.
         * @enum {unknown}
         */
        PushContent: "full" | "sender" | "id";
        /** @description What a device needs for subscribing. */
        PushKeys: {
            /** @description The kinds of push that this server sends. */
            kinds: components["schemas"]["PushKind"][];
            /** @description The `applicationServerKey` of a browser: base64url of an uncompressed point. */
            webPushKey: string;
        };
        /**
         * @description By what way a device is reached. The number is stored.
         * @enum {unknown}
         */
        PushKind: "webpush" | "unifiedpush" | "fcm" | "apns" | "webhook";
        /**
         * @description What a user is told of. The number is stored.
         * @enum {unknown}
         */
        PushLevel: "all" | "mentions" | "nothing";
        PushLevelBody: {
            level: string;
        };
        /** @description A time of every day in which a user is told nothing. */
        PushQuietHours: {
            /** @description `HH:mm`. */
            from?: string;
            /** @description `HH:mm`; earlier than From: on the next day. */
            to?: string;
            /** @description An IANA name. */
            timeZone?: string;
        };
        /** @description What a user wants to be told. */
        PushSettings: {
            /** @description In conversations that have no level of their own. */
            level: components["schemas"]["PushLevel"];
            /** @description What a push says. */
            content: components["schemas"]["PushContent"];
            /** @description The most that the server lets one say. */
            contentLimit: components["schemas"]["PushContent"];
            /** @description Absent: none. */
            quietHours?: components["schemas"]["PushQuietHours"];
            /** @description Levels of single conversations. */
            conversations: components["schemas"]["ConversationPushLevel"][];
        };
        PushSettingsBody: {
            level?: components["schemas"]["PushLevel"];
            content?: components["schemas"]["PushContent"];
            quietHours?: components["schemas"]["PushQuietHours"];
        };
        /**
         * @description What was done about a message for a user. The number is stored.
         * @enum {unknown}
         */
        PushStep: "suppressed" | "queued" | "collapsed" | "tried" | "sent" | "shown" | "gone" | "expired" | "dead";
        /** @description A subscription as its user sees it. */
        PushSubscription: {
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description By what way the device is reached. */
            kind: components["schemas"]["PushKind"];
            /** @description Address or token. */
            endpoint: string;
            /** @description What the client calls the device. */
            name: string;
            /**
             * Format: date-time
             * @description When it was registered first.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When the service last took a push for it.
             */
            usedAt?: string;
            /**
             * Format: uuid
             * @description The device that registered it; absent when an application did.
             */
            deviceId?: string;
            /** @description True when that is the device that asks. */
            isCurrent?: boolean;
            /** @description With apns: alert, background or voip. */
            topic?: string;
        };
        /** @description Content of a reaction entry. */
        ReactionBody: {
            /** @description One emoji, at most 64 bytes of UTF-8. */
            emoji: string;
            /** @description True when it was taken away. */
            removed?: boolean;
        };
        /** @description One emoji on a message, and who put it there. */
        ReactionGroup: {
            /** @description The emoji. */
            emoji: string;
            /** @description Who, in order of time. */
            userIds: string[];
        };
        RegisterRequest: {
            name: string;
            password: string;
            displayName?: string;
            invite?: string;
            setupCode?: string;
            device?: components["schemas"]["DeviceRequest"];
        };
        RenewRoomBody: {
            /** Format: uuid */
            legId: string;
            muted?: boolean;
            deafened?: boolean;
            speaking?: boolean;
        };
        ResetPasswordRequest: {
            code: string;
            new: string;
        };
        RoleBody: {
            /** Format: uuid */
            clientMessageId?: string;
            role: components["schemas"]["MemberRole"];
        };
        /** @description A voice room with what the media of one who is in it need. */
        RoomAnswer: {
            /** @description The room. */
            room: components["schemas"]["RoomInfo"];
            /** @description How the others, or the mixer, are reached; absent in what everybody is told. */
            ice?: components["schemas"]["IceInfo"];
        };
        /** @description The voice room of a conversation, as its members may see it. */
        RoomInfo: {
            /**
             * Format: uuid
             * @description The conversation: it has one room at most.
             */
            conversationId: string;
            /**
             * Format: uuid
             * @description The room, from the first who joins to the last who leaves.
             */
            id: string;
            /** @description How those in it hear each other. */
            mode: components["schemas"]["RoomMode"];
            /**
             * Format: int64
             * @description Rises when all peer connections have to be made anew: the room moved to a mixer, or to another one.
             */
            epoch: number;
            /**
             * Format: int64
             * @description Rises with every change, over all rooms of the conversation; of two copies the one with the higher version holds.
             */
            version: number;
            /**
             * Format: date-time
             * @description When the first joined.
             */
            startedAt: string;
            /** @description Who is in, in the order in which they came; none: the room is over. */
            participants: components["schemas"]["RoomParticipant"][];
            /**
             * Format: date-time
             * @description When the last left.
             */
            endedAt?: string;
        };
        RoomList: {
            rooms: components["schemas"]["RoomInfo"][];
        };
        /**
         * @description How those in a voice room hear each other.
         * @enum {unknown}
         */
        RoomMode: "mesh" | "mixed";
        /** @description Somebody in a voice room. A user is in it with one end. */
        RoomParticipant: {
            /**
             * Format: uuid
             * @description Who.
             */
            userId: string;
            /**
             * Format: uuid
             * @description The end.
             */
            legId: string;
            /**
             * Format: date-time
             * @description Since when.
             */
            joinedAt: string;
            /** @description Says nothing: the own microphone is off. */
            muted: boolean;
            /** @description Hears nothing. */
            deafened: boolean;
            /** @description Speaks now, as the end says of itself. */
            speaking: boolean;
            /** @description An administrator of the group has taken the word from them: nobody plays what they send, and a mixer leaves it out. */
            silenced: boolean;
        };
        /** @description What somebody in a room was told by another, or by the mixer. */
        RoomSignal: {
            /**
             * Format: int64
             * @description Rising within the room.
             */
            number: number;
            /**
             * Format: int64
             * @description The epoch it belongs to.
             */
            epoch: number;
            /**
             * Format: uuid
             * @description The end that tells it; absent: the mixer.
             */
            from?: string;
            /** @description What. */
            signal: components["schemas"]["CallSignal"];
        };
        /** @description A voice room as one of those in it, or a member, sees it. */
        RoomView: {
            /** @description The room; absent when nobody is in. */
            room?: components["schemas"]["RoomInfo"];
            /** @description What the asked end was told, in order; what a newer description made old is left out. */
            signals: components["schemas"]["RoomSignal"][];
        };
        SendBody: {
            /** Format: uuid */
            clientMessageId: string;
            text: string;
            /** Format: int64 */
            replyTo?: number;
        };
        /** @description A run of seqs, both ends included. */
        SeqRange: {
            /**
             * Format: int64
             * @description First seq.
             */
            from: number;
            /**
             * Format: int64
             * @description Last seq; absent when it is open.
             */
            to?: number;
        };
        /** @description A server that a client may connect to. */
        ServerAddress: {
            /** @description Its public URL; empty: the one that was asked. */
            url: string;
            /** @description Its region, when it has one. */
            region?: string;
        };
        /** @description One server that was looked at, with the parts of its score. */
        ServerCandidate: {
            /** @description The node. */
            id: string;
            /** @description Its public URL; empty: the one that was asked. */
            url: string;
            /** @description Its region. */
            region?: string;
            /**
             * Format: int32
             * @description 1: chosen; 2 and 3: the alternatives; 0: none of them.
             */
            rank: number;
            /** @description Why it cannot be chosen: starting, draining, unhealthy, full or no_url; null when it can. */
            refused?: string;
            /**
             * Format: double
             * @description From the caller to its region; null when one of the two places is not known.
             */
            distanceKm?: number;
            /**
             * Format: int32
             * @description Connections that it is made for.
             */
            capacity: number;
            /**
             * Format: int32
             * @description Connections that it has told.
             */
            connections: number;
            /**
             * Format: int32
             * @description Connections that answers have sent to it since.
             */
            promised: number;
            /**
             * Format: double
             * @description Its share of all its cores, 0 to 1.
             */
            cpu: number;
            /**
             * Format: int32
             * @description Work that waits in it.
             */
            queue: number;
            /**
             * Format: double
             * @description 1: neither processor nor queue is busy; towards 0: they are.
             */
            calm: number;
            /**
             * Format: double
             * @description Free capacity times calm: how likely it is drawn.
             */
            weight: number;
            /**
             * Format: double
             * @description Used share of its capacity, over calm: of two that were drawn the lower one is taken.
             */
            pressure: number;
        };
        /** @description Where to connect. */
        ServerChoice: {
            /** @description The server's public URL; empty: the one that was asked. */
            url: string;
            /** @description Its region, when it has one. */
            region?: string;
            /**
             * Format: int32
             * @description How long the answer may be used.
             */
            ttlSeconds: number;
            /** @description At most two others, to be tried in this order. */
            alternatives: components["schemas"]["ServerAddress"][];
            /** @description How it was chosen, when that was asked for. */
            explanation?: components["schemas"]["ServerExplanation"];
        };
        /** @description How a server was chosen. */
        ServerExplanation: {
            /** @description How the caller's place was found: parameters, header, network, server (the one that was asked) or nothing. */
            placeBy: string;
            /**
             * Format: double
             * @description The place.
             */
            latitude?: number;
            /**
             * Format: double
             * @description The place.
             */
            longitude?: number;
            /** @description The caller's region, when it is known. */
            region?: string;
            /** @description Every server that was looked at, nearest first. */
            candidates: components["schemas"]["ServerCandidate"][];
        };
        ServerInfo: {
            name: string;
            version: string;
            registration: string;
            needsSetUp: boolean;
        };
        SessionAnswer: {
            session: components["schemas"]["SessionInfo"];
        };
        SessionInfo: {
            token: string;
            /** Format: date-time */
            expiresAt: string;
            /** Format: uuid */
            deviceId: string;
        };
        SettingsAnswer: {
            /** Format: int64 */
            version: number;
            settings: components["schemas"]["SettingsDocument"];
        };
        /** @description Content of a settings entry: only what changed is there. */
        SettingsBody: {
            /** @description The new title. */
            title?: string;
            /** @enum {unknown} */
            history?: "all" | "joined";
            /** @description How long a conversation keeps its entries. Nothing is kept longer than the server's operator says. */
            keep?: {
                /**
                 * Format: int32
                 * @description Days after which entries leave, up to 36,500; 0 keeps them.
                 * @default 0
                 */
                days: number;
                /**
                 * Format: int64
                 * @description Entries that are kept at most, up to 1,000,000,000; 0 keeps all.
                 * @default 0
                 */
                count: number;
            };
        };
        SettingsDocument: {
            groupAdditions: components["schemas"]["GroupAdditions"];
            presence: components["schemas"]["PresenceVisibility"];
            client: components["schemas"]["JsonElement"];
        };
        SettingsRequest: {
            /** Format: int64 */
            version: number;
            settings: components["schemas"]["JsonElement"];
        };
        ShownBody: {
            /** Format: uuid */
            id: string;
            receipt: string;
        };
        /** @description Content of a signal entry in Self. */
        SignalBody: {
            /** @description What changed: profile, settings, friends, blocks, devices. */
            subject: string;
            /**
             * Format: int64
             * @description Its version now.
             */
            version: number;
        };
        SignalCallBody: {
            /** Format: uuid */
            legId: string;
            signal: components["schemas"]["CallSignal"];
        };
        /**
         * @description What the two ends tell each other.
         * @enum {unknown}
         */
        SignalKind: "offer" | "answer" | "candidates" | "restart";
        SignalRoomBody: {
            /** Format: uuid */
            legId: string;
            /** Format: uuid */
            to?: string;
            /**
             * Format: int64
             * @default 0
             */
            epoch: number;
            signal: components["schemas"]["CallSignal"];
        };
        SilenceBody: {
            /** Format: uuid */
            userId: string;
            silenced: boolean;
        };
        StartCallBody: {
            /** Format: uuid */
            callId: string;
            /** Format: uuid */
            legId: string;
        };
        /**
         * @description What every change of a log answers. It is given only after the entry is on disk. A retry under the same
         *     clientMessageId gets the first result again.
         */
        Stored: {
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversationId: string;
            /**
             * Format: int64
             * @description The seq of the entry; 0 when nothing had to change.
             */
            seq: number;
            /**
             * Format: date-time
             * @description When the server took it.
             */
            at: string;
            /** @description True when this was a retry. */
            duplicate: boolean;
        };
        SubscriptionBody: {
            kind?: components["schemas"]["PushKind"];
            endpoint: string;
            keys?: components["schemas"]["SubscriptionKeys"];
            name?: string;
            topic?: string;
        };
        SubscriptionKeys: {
            p256dh?: string;
            auth?: string;
            secret?: string;
        };
        SubscriptionsAnswer: {
            subscriptions: components["schemas"]["PushSubscription"][];
        };
        /** @description One page of a sync. */
        SyncPage: {
            /** @description True when the cursor belongs to a history that this server no longer has (restored or promoted): drop local entries, keep the outbox; this page is the first of everything. */
            reset: boolean;
            /** @description Conversations with something new, each once in a sync. */
            conversations: components["schemas"]["ConversationSync"][];
            /** @description Versions of the caller's general data, by subject (see SignalBody); only in the last page. */
            versions?: {
                [key: string]: number;
            };
            /** @description Present it next. */
            cursor: string;
            /** @description True when the next page is there at once; the cursor then continues this sync. */
            more: boolean;
        };
        TestedAnswer: {
            pushes: components["schemas"]["TestedPush"][];
        };
        /** @description What came of a test at one device. */
        TestedPush: {
            /**
             * Format: uuid
             * @description The device.
             */
            subscriptionId: string;
            /** @description The last step; absent: no answer yet. */
            step?: components["schemas"]["PushStep"];
            /** @description The service's answer. */
            detail?: string;
        };
        TraceAnswer: {
            steps: components["schemas"]["TracedStep"][];
        };
        /** @description One step, in order of time. */
        TracedStep: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description What was done. */
            step: components["schemas"]["PushStep"];
            /** @description Why, or what the service answered. */
            detail?: string;
            /**
             * Format: uuid
             * @description The message's conversation.
             */
            conversationId: string;
            /**
             * Format: int64
             * @description The message; 0 when it is about none.
             */
            seq: number;
            /**
             * Format: uuid
             * @description The device; absent where it is about all of them.
             */
            subscriptionId?: string;
            /**
             * Format: uuid
             * @description The push.
             */
            pushId?: string;
        };
        UserAnswer: {
            user: components["schemas"]["UserInfo"];
        };
        /** @description A user as others see them. */
        UserInfo: {
            /**
             * Format: uuid
             * @description The user.
             */
            id: string;
            /** @description Unique name, 3 to 32 characters. */
            name: string;
            /** @description What is shown. */
            displayName: string;
            /** @description `#rrggbb`. */
            avatarColour: string;
            /** @description Free text, empty when none. */
            statusText: string;
        };
        UsersAnswer: {
            users: components["schemas"]["UserInfo"][];
        };
        WatchBody: {
            /** @default false */
            contacts: boolean;
            userIds?: string[];
            conversationIds?: string[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
