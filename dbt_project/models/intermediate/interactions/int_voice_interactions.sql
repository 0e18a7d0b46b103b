with invitations as (
    {{ interaction(
        ref('stg_survey__invitations'), 'survey/invitations', "'survey_invited'",
        'invitation_id', 'invited_at',
        given={
            'identity_key': identity_key('survey_customer_id', none, 'email_normalised'),
            'channel_detail': 'collection_method',
            'direction': "'outbound'",
            'outcome': "case
                when completed_at is not null then 'completed'
                when started_at is not null then 'started'
                when opened_at is not null then 'opened'
                when bounced_at is not null then 'bounced'
            end",
        },
        details=['survey_type', 'touchpoint'],
    ) }}
),

answers as (
    {{ interaction(
        ref('stg_survey__responses'), 'survey/responses', "'survey_answered'", 'response_id',
        'answered_at',
        given={
            'identity_key': identity_key('survey_customer_id', 'loyalty_id', 'email_normalised'),
            'order_key': 'survey_order_id',
            'channel_detail': 'channel',
            'direction': "'inbound'",
            'outcome': "case when is_partial then 'partial' else 'completed' end",
            'has_text': 'coalesce(comment, title) is not null',
        },
        details=['survey_type', 'touchpoint', 'score', 'scale_min', 'scale_max'],
    ) }}
),

reviews as (
    {{ interaction(
        ref('stg_reviews__reviews'), 'reviews/reviews', "'review'", 'review_id', 'reviewed_at',
        given={
            'identity_key': identity_key('reviews_customer_id', none),
            'order_key': 'reviews_order_id',
            'product_id': 'product_id',
            'channel_detail': 'site',
            'has_text': 'coalesce(text, title) is not null',
        },
        details=['rating', 'rating_max'],
    ) }}
),

comments as (
    {{ interaction(
        ref('stg_web__comments'), 'web/comments', "'comment'", 'comment_id', 'commented_at',
        given={
            'identity_key': identity_key('web_customer_id', none, visitor='visitor_id'),
            'visitor_key': "'visitor_id:' || visitor_id",
            'product_id': 'product_id',
            'page': 'page_url',
            'has_text': 'comment is not null',
        },
    ) }}
),

posts as (
    {{ interaction(
        ref('stg_social__posts'), 'social/posts', "'social_post'",
        "network || ':' || post_id", 'posted_at',
        given={
            'identity_key': "'handle:' || network || ':' || handle_normalised",
            'conversation_key': 'coalesce(reply_to_post_id, post_id)',
            'channel_detail': 'network',
            'direction': "'inbound'",
            'has_text': 'text is not null',
        },
        details=['is_about_company', 'like_count', 'share_count'],
    ) }}
),

engagements as (
    {{ interaction(
        ref('stg_social__engagements'), 'social/engagements', "'social_' || kind",
        'engagement_id', 'engaged_at',
        given={
            'identity_key': "'handle:' || network || ':' || handle_normalised",
            'conversation_key': 'post_id',
            'channel_detail': 'network',
            'direction': "'inbound'",
        },
    ) }}
),

unioned as (
    select * from invitations
    union all
    select * from answers
    union all
    select * from reviews
    union all
    select * from comments
    union all
    select * from posts
    union all
    select * from engagements
)

select * from unioned
